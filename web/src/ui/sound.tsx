// The sound of this screen: the button in the bar, and the bar that stays while
// the browser does not let the page sound.

import { useEffect } from 'preact/hooks';
import { countdown } from '../format';
import { t } from '../lang';
import { now } from '../live/store';
import { allow, begin, offFor, offSince, state, turn, wanted } from '../sound/player';
import { Icon } from './icons';

export function SoundButton() {
  useEffect(begin, []);
  const on = wanted.value === 'on';
  const blocked = on && state.value !== 'ready';
  // looked at again with every tick of the clock
  void now.value;
  const left = on ? 0 : offFor - (Date.now() - offSince.value);
  return (
    <button type="button" class="btn sound" aria-pressed={on && !blocked} onClick={() => (blocked ? allow() : turn(!on))}>
      <Icon name={on && !blocked ? 'bell' : 'belloff'} />
      {on ? (
        t(blocked ? 'sound.off' : 'sound.on')
      ) : left > 0 ? (
        <span title={t('sound.off.back', { time: countdown(left) })}>{`${t('sound.off')} ${countdown(left)}`}</span>
      ) : (
        t('sound.off')
      )}
    </button>
  );
}

export function SoundBlocked() {
  if (wanted.value !== 'on' || state.value === 'ready') return null;
  return (
    <button type="button" class="soundbar" onClick={() => allow()}>
      <Icon name="belloff" />
      {t('sound.blocked')}
    </button>
  );
}
