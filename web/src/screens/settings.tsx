// Settings: what this browser remembers.

import { choose, lang, languages, t } from '../lang';
import { theme } from '../prefs';
import { Bar } from '../ui/bar';

// named writes a language in its own words.
function named(code: string): string {
  const n = new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;
  return n[0].toUpperCase() + n.slice(1);
}

export function Settings() {
  return (
    <>
      <Bar at="settings" />
      <main class="page narrow settings">
        <h1>{t('settings.title')}</h1>
        <section class="card form">
          <h2>{t('settings.screen')}</h2>
          <label>
            <span>{t('settings.language')}</span>
            <select name="language" value={lang.value} onChange={(e) => choose((e.target as HTMLSelectElement).value)}>
              {languages.map((l) => (
                <option value={l} lang={l} key={l}>
                  {named(l)}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span>{t('settings.theme')}</span>
            <select
              name="theme"
              value={theme.value}
              onChange={(e) => {
                theme.value = (e.target as HTMLSelectElement).value as typeof theme.value;
              }}
            >
              {(['auto', 'light', 'dark'] as const).map((v) => (
                <option value={v} key={v}>
                  {t(`settings.theme.${v}`)}
                </option>
              ))}
            </select>
          </label>
          <p class="t3 small">{t('settings.kept')}</p>
        </section>
      </main>
    </>
  );
}
