// A field with a list to choose from.

export function Choice({
  name,
  label,
  value,
  of,
  pick,
}: {
  name: string;
  label: string;
  value: string;
  of: readonly (readonly [value: string, shown: string])[];
  pick: (v: string) => void;
}) {
  return (
    <label>
      <span>{label}</span>
      <select name={name} value={value} onChange={(e) => pick((e.target as HTMLSelectElement).value)}>
        {of.map(([v, shown]) => (
          <option value={v} key={v} selected={v === value}>
            {shown}
          </option>
        ))}
      </select>
    </label>
  );
}
