// Settings: what this browser remembers, and the limits of alarms.

import { sendJSON, stranger } from '../api';
import { choose, lang, languages, t } from '../lang';
import { actor, pulseColour, setActor, spo2Colour, theme } from '../prefs';
import { allow, burst, turn, volume, wanted } from '../sound/player';
import { Bar } from '../ui/bar';
import { Choice } from '../ui/choice';
import { pressure, temperature } from '../units';
import { Limits } from './settings-limits';

// named writes a language in its own words.
function named(code: string): string {
  const n = new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;
  return n[0].toUpperCase() + n.slice(1);
}

export function Settings() {
  return (
    <>
      <Bar at="settings" />
      <main class="page settings">
        <div class="head">
          <h1>{t('settings.title')}</h1>
          <span class="sp" />
          <button
            type="button"
            class="btn"
            onClick={async () => {
              await sendJSON('DELETE', '/api/v1/sign-in');
              stranger.value = true;
            }}
          >
            {t('signin.out')}
          </button>
        </div>
        <Limits />
        <div class="aside">
          <section class="card form">
            <h2>{t('settings.screen')}</h2>
            <Choice
              name="language"
              label={t('settings.language')}
              value={lang.value}
              of={languages.map((l) => [l, named(l)])}
              pick={(v) => {
                choose(v);
              }}
            />
            <Choice
              name="theme"
              label={t('settings.theme')}
              value={theme.value}
              of={(['auto', 'light', 'dark', 'dim'] as const).map((v) => [v, t(`settings.theme.${v}`)])}
              pick={(v) => {
                theme.value = v as typeof theme.value;
              }}
            />
            <Choice
              name="spo2-colour"
              label={t('settings.colour.spo2')}
              value={spo2Colour.value}
              of={(['cyan', 'blue', 'ink'] as const).map((v) => [v, t(`settings.colour.${v}`)])}
              pick={(v) => {
                spo2Colour.value = v as typeof spo2Colour.value;
              }}
            />
            <Choice
              name="pulse-colour"
              label={t('settings.colour.pulse')}
              value={pulseColour.value}
              of={(['green', 'spo2', 'ink'] as const).map((v) => [
                v,
                t(v === 'spo2' ? 'settings.colour.spo2.same' : `settings.colour.${v}`),
              ])}
              pick={(v) => {
                pulseColour.value = v as typeof pulseColour.value;
              }}
            />
            <Choice
              name="temperature"
              label={t('settings.temperature')}
              value={temperature.value}
              of={[
                ['C', '°C'],
                ['F', '°F'],
              ]}
              pick={(v) => {
                temperature.value = v as typeof temperature.value;
              }}
            />
            <Choice
              name="pressure"
              label={t('settings.pressure')}
              value={pressure.value}
              of={[
                ['mmHg', 'mmHg'],
                ['kPa', 'kPa'],
              ]}
              pick={(v) => {
                pressure.value = v as typeof pressure.value;
              }}
            />
            <label>
              <span>{t('actor.name')}</span>
              <input name="actor" maxLength={60} value={actor.value} onChange={(e) => setActor((e.target as HTMLInputElement).value)} />
            </label>
            <p class="t3 small">{t('settings.kept')}</p>
          </section>
          <section class="card form">
            <h2>{t('settings.sound')}</h2>
            <Choice
              name="sound"
              label={t('settings.sound')}
              value={wanted.value}
              of={[
                ['on', t('sound.on')],
                ['off', t('sound.off')],
              ]}
              pick={(v) => turn(v === 'on')}
            />
            <Choice
              name="volume"
              label={t('settings.volume')}
              value={volume.value}
              of={(['1', '2', '3', '4', '5'] as const).map((v) => [v, v])}
              pick={(v) => {
                volume.value = v as typeof volume.value;
              }}
            />
            <p class="try">
              {(['high', 'medium', 'low'] as const).map((p) => (
                <button
                  type="button"
                  class="btn sm"
                  key={p}
                  onClick={async () => {
                    await allow();
                    burst(p);
                  }}
                >
                  {t('settings.try', { priority: t(`priority.${p}`) })}
                </button>
              ))}
            </p>
            <p class="t3 small">{t('settings.sound.why')}</p>
          </section>
        </div>
      </main>
    </>
  );
}
