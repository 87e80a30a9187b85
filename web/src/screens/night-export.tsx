// Takes a night away: as a picture of the view, as tables, as the summary.

import { useRef } from 'preact/hooks';
import { density, font, token } from '../chart/canvas';
import { shownPart } from '../chart/night';
import { duration } from '../format';
import { lang, t } from '../lang';
import { Icon } from '../ui/icons';
import { boxOf } from '../wall';

const forms = ['samples', 'episodes', 'falls', 'parquet', 'json', 'pdf', 'html'] as const;

// partOf writes a stretch of a session as the server reads it.
export function partOf(range: [number, number] | null): string {
  return range ? `&from=${encodeURIComponent(`+${Math.round(range[0])}s`)}&to=${encodeURIComponent(`+${Math.round(range[1])}s`)}` : '';
}

export function exportLink(key: string, form: (typeof forms)[number], range: [number, number] | null = null): string {
  // what people read is in their language, where the server writes it
  const words = (form === 'pdf' || form === 'html') && lang.value === 'de' ? '&lang=de' : '';
  return `/api/v1/sessions/${encodeURIComponent(key)}/export?as=${form}${words}${partOf(range)}`;
}

export function Export({ session, range, title }: { session: string; range: [number, number] | null; title: string }) {
  const menu = useRef<HTMLDetailsElement>(null);
  const shut = () => {
    if (menu.current) menu.current.open = false;
  };
  const links = (part: [number, number] | null) =>
    forms.map((form) => (
      <a href={exportLink(session, form, part)} download onClick={shut} key={form}>
        {t(`night.export.${form}`)}
      </a>
    ));
  return (
    <details
      class="drop"
      id="export"
      ref={menu}
      onKeyDown={(e) => {
        if (e.key === 'Escape') {
          shut();
          menu.current?.querySelector('summary')?.focus();
        }
      }}
      onFocusOut={(e) => {
        if (!menu.current?.contains(e.relatedTarget as Node | null) && e.relatedTarget) shut();
      }}
    >
      <summary class="btn">
        <Icon name="export" />
        {t('night.export')}
      </summary>
      <div class="card">
        <button
          type="button"
          onClick={() => {
            picture(title);
            shut();
          }}
        >
          {t('night.export.png')}
        </button>
        {range && (
          <>
            <p class="sec">{t('night.export.part', { d: duration(range[1] - range[0]) })}</p>
            {links(range)}
          </>
        )}
        <p class="sec">{t('night.export.whole')}</p>
        {links(null)}
      </div>
    </details>
  );
}

// picture saves the panels as they are seen, with the title above them.
function picture(title: string): void {
  const box = document.querySelector<HTMLElement>('figure.charts');
  if (!box) return;
  const d = density();
  const frame = boxOf(box);
  const head = 34;
  const out = document.createElement('canvas');
  out.width = frame.width * d;
  out.height = (frame.height + head) * d;
  const c = out.getContext('2d');
  if (!c) return;
  c.scale(d, d);
  c.fillStyle = token('--surface');
  c.fillRect(0, 0, frame.width, frame.height + head);
  c.fillStyle = token('--text');
  c.font = font(650, '--fs-14');
  c.textBaseline = 'middle';
  c.fillText(title, 12, head / 2);
  for (const el of box.querySelectorAll('canvas')) {
    const r = boxOf(el);
    c.drawImage(el, r.left - frame.left, r.top - frame.top + head, r.width, r.height);
  }
  for (const el of box.querySelectorAll<HTMLElement>('.fl')) {
    const r = boxOf(el);
    c.fillStyle = token('--text-2');
    c.font = font(600, '--fs-11');
    const text = `| ${el.innerText.replaceAll('\n', ' ')}`;
    c.fillText(text, r.left - frame.left, r.top - frame.top + head + r.height / 2, Math.max(20, r.width));
  }
  // of the dips and the frame in the navigator only what lies in their rows
  for (const el of box.querySelectorAll<HTMLElement>('.evrail i, .brush .part i')) {
    const r = boxOf(el);
    const row = boxOf(el.closest('.evrail, .brush') as Element);
    const y = r.top - frame.top + head;
    if (r.left > row.left + row.width || r.left + r.width < row.left) continue;
    c.save();
    c.beginPath();
    c.rect(row.left - frame.left, row.top - frame.top + head, row.width, row.height);
    c.clip();
    if (el.closest('.brush')) shownPart(c, r.left - frame.left, y, r.width, r.height);
    else {
      c.fillStyle = getComputedStyle(el).backgroundColor;
      c.fillRect(r.left - frame.left, y, Math.max(2, r.width), r.height);
    }
    c.restore();
  }
  for (const el of box.querySelectorAll<HTMLElement>('.lab')) {
    const r = boxOf(el);
    c.fillStyle = getComputedStyle(el).color;
    c.font = font(650, '--fs-12');
    c.fillText(el.innerText, r.left - frame.left + 5, r.top - frame.top + head + r.height / 2);
  }
  out.toBlob((b) => {
    if (!b) return;
    const a = document.createElement('a');
    a.href = URL.createObjectURL(b);
    a.download = `${title.replace(/[^\p{L}\p{N}]+/gu, '-')}.png`;
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 1000);
  });
}
