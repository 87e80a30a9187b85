// A choice of one out of few.

export function Seg<T extends string>({
  label,
  value,
  of,
  names,
  pick,
  class: cls = '',
}: {
  label: string;
  value: T;
  of: readonly T[];
  names: (v: T) => string;
  pick: (v: T) => void;
  class?: string;
}) {
  return (
    <fieldset class={`seg ${cls}`}>
      <legend class="sr">{label}</legend>
      {of.map((v) => (
        <button type="button" key={v} aria-pressed={v === value} onClick={() => pick(v)}>
          {names(v)}
        </button>
      ))}
    </fieldset>
  );
}
