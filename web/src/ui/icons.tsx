// Icons of one stroke, drawn for pleth.

const paths = {
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20a2 2 0 0 0 4 0',
  moon: 'M19 14.5A8 8 0 0 1 9.5 5 8 8 0 1 0 19 14.5z',
  export: 'M12 15V4M8 8l4-4 4 4M5 15v4h14v-4',
  print: 'M7 9V4h10v5M7 17H4v-6a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v6h-3M7 14h10v6H7z',
  grid: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  upload: 'M12 16V5M8 9l4-4 4 4M5 16v4h14v-4',
  bat: 'M3 8h15v8H3zM21 11v2M6 11v2M9 11v2M12 11v2',
  note: 'M5 4h14v12l-4 4H5zM9 9h6M9 13h4',
  chip: 'M8 8h8v8H8zM10 4v4M14 4v4M10 16v4M14 16v4M4 10h4M4 14h4M16 10h4M16 14h4',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  again: 'M20 11a8 8 0 1 0-2.4 6.2M20 4v7h-7',
  cmp: 'M4 17l5-6 4 3 7-8M4 20h16',
  left: 'M15 5l-7 7 7 7',
  right: 'M9 5l7 7-7 7',
  belloff: 'M6 16V11a6 6 0 0 1 9.3-5M18 11v5l1.5 2h-15L6 16M10 20a2 2 0 0 0 4 0M4 4l16 16',
  drop: 'M12 4c4 5 6 7.5 6 10a6 6 0 0 1-12 0c0-2.5 2-5 6-10z',
  plug: 'M9 3v5M15 3v5M7 8h10v3a5 5 0 0 1-10 0zM12 16v5',
  bed: 'M3 18v-6h18v6M3 15h18M5 12V7h6v5',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  find: 'M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15.5 15.5L20 20',
  wifi: 'M4 9a12 12 0 0 1 16 0M7 12.5a8 8 0 0 1 10 0M10 16a3.5 3.5 0 0 1 4 0M12 19h.01',
};

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="ic" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg viewBox="0 0 52 36" aria-hidden="true" class="mark">
      <path d="M3 28c5 0 6-22 11-22s4 13 8 13 3-5 6-5 3 14 9 14h12" />
    </svg>
  );
}
