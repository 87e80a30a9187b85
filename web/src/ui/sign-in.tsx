// Asks for a key where the server does not know who asks. The key is exchanged
// for a cookie that no script can read and that ends with the browser; it is
// kept nowhere else.

import { useSignal } from '@preact/signals';
import { sendJSON, stranger } from '../api';
import { t } from '../lang';
import { Logo } from './icons';

export function SignIn() {
  const wrong = useSignal('');
  return (
    <main class="page narrow signin">
      <form
        class="card form"
        onSubmit={async (e) => {
          e.preventDefault();
          const token = String(new FormData(e.target as HTMLFormElement).get('key') ?? '').trim();
          try {
            await sendJSON('POST', '/api/v1/sign-in', { token });
            stranger.value = false;
          } catch (x) {
            wrong.value = (x as { status?: number }).status === 401 ? t('signin.wrong') : (x as Error).message;
          }
        }}
      >
        <h1 class="logo">
          <Logo />
          pleth
        </h1>
        <p>{t('signin.why')}</p>
        <label>
          <span>{t('signin.key')}</span>
          <input name="key" type="password" required autocomplete="current-password" />
        </label>
        {wrong.value && (
          <p class="wrong" role="alert">
            {wrong.value}
          </p>
        )}
        <button type="submit" class="btn pri">
          {t('signin.go')}
        </button>
        <p class="t3 small">{t('signin.where')}</p>
      </form>
    </main>
  );
}
