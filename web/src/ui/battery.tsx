// A battery: its figure as the device tells it, how full it is as a picture, and
// a word where somebody has to charge it.

import { battery, charge } from '../format';
import { t } from '../lang';

const filled = { full: 3, half: 2, low: 1, empty: 0 } as const;

// brief: there is room for one of both, the figure, or the word where there is one.
export function Battery({ mv, decimals = 2, brief }: { mv: number | undefined; decimals?: number; brief?: boolean }) {
  if (mv === undefined) return null;
  const of = charge(mv);
  const low = of === 'low' || of === 'empty';
  return (
    <span class={`bat${low ? ' low' : ''}`} title={of && `${battery(mv, decimals)} · ${t(`battery.${of}`)}`}>
      <svg class="ic" viewBox="0 0 24 24" aria-hidden="true">
        <path d="M3 8h15v8H3zM21 11v2" />
        {[0, 1, 2].map((i) => (
          <path key={i} class={of === undefined || i < filled[of] ? '' : 'gone'} d={`M${6.5 + 4 * i} 11v2`} />
        ))}
      </svg>
      <span>
        {!(brief && low) && battery(mv, decimals)}
        {low ? ` ${t(`battery.${of}`)}` : of && <span class="sr"> {t(`battery.${of}`)}</span>}
      </span>
    </span>
  );
}
