// The limits of alarms: of the house, of a bed's device, of a person, or of a
// profile. Every change is a new version with who, when and why.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { bedName, metricName, unitName, words } from '../alarms';
import { type DeviceInfo, getAll, getJSON, sendJSON } from '../api';
import { clockTime, date, instant } from '../format';
import { t, told } from '../lang';
import { place } from '../route';
import { Banner } from '../ui/bar';
import { Trouble, Waiting } from '../ui/list';
import { type Changes, type Edit, merged, type Profile, type Rule, said, type Version } from './limits';

// Scope is whose limits are shown: "house", "device:ID", "subject:ID" or
// "profile:NAME".
interface State {
  rules: Rule[];
  edits: Edit[]; // of this scope, that stand
  profile: string;
  versions: { version: number; at: string | null; actor: string; reason: string; profile?: string; edits: Edit[] }[];
  latest?: Version;
}

async function load(scope: string, device: string, profiles: Profile[]): Promise<State> {
  const [kind, id] = split(scope);
  if (kind === 'profile') {
    const all = profiles.filter((p) => p.name === id).sort((a, b) => b.version - a.version);
    const top = all[0];
    return {
      rules: top?.rules ?? [],
      edits: top?.edits ?? [],
      profile: top?.base ?? '',
      versions: all
        .filter((p) => p.at)
        .map((p) => ({
          version: p.version,
          at: p.at,
          actor: p.actor ?? '',
          reason: p.reason ?? '',
          profile: p.base,
          edits: p.edits ?? [],
        })),
    };
  }
  const query =
    kind === 'device' ? `?device_id=${encodeURIComponent(id)}` : kind === 'subject' ? `?subject_id=${encodeURIComponent(id)}` : '';
  const versions = await getAll<Version>(`/api/v1/alarm-limits${query}`, 'limits');
  const latest = versions[0];
  let rules: Rule[] = [];
  let profile = latest?.profile ?? '';
  if (device) {
    // what is in force for the device, with everything that counts for it
    const force = await getJSON<Profile>(`/api/v1/devices/${encodeURIComponent(device)}/alarm-rules`).catch(() => null);
    if (force) rules = force.rules;
  }
  if (rules.length === 0) {
    const base = profiles.filter((p) => p.name === (profile || 'adult')).sort((a, b) => b.version - a.version)[0];
    rules = (base?.rules ?? []).map((r) => {
      const e = latest?.edits?.find((x) => x.rule === r.rule);
      return e
        ? {
            ...r,
            limit: e.limit ?? r.limit,
            delay_s: e.delay_s ?? r.delay_s,
            priority: (e.priority as Rule['priority']) ?? r.priority,
            off: e.off ?? r.off,
          }
        : r;
    });
  }
  if (!profile) profile = '';
  return { rules, edits: latest?.edits ?? [], profile, latest, versions: versions.map((v) => ({ ...v, edits: v.edits ?? [] })) };
}

function split(scope: string): [string, string] {
  const k = scope.indexOf(':');
  return k < 0 ? [scope, ''] : [scope.slice(0, k), scope.slice(k + 1)];
}

export function Limits() {
  const asked = place.value.query.get('device');
  const scope = useSignal(asked ? `device:${asked}` : 'house');
  const devices = useSignal<DeviceInfo[]>([]);
  const profiles = useSignal<Profile[]>([]);
  const state = useSignal<State | null>(null);
  const changes = useSignal<Changes>({});
  const base = useSignal(''); // profile, where it was changed
  const all = useSignal(false);
  const wrong = useSignal('');
  const unread = useSignal(''); // why the limits cannot be shown
  const done = useSignal('');
  const again = useSignal(0);
  const [kind, id] = split(scope.value);

  useEffect(() => {
    let ended = false;
    (async () => {
      try {
        const [list, made] = await Promise.all([
          getAll<DeviceInfo>('/api/v1/devices', 'devices'),
          getAll<Profile>('/api/v1/alarm-profiles', 'profiles'),
        ]);
        if (ended) return;
        devices.value = list.filter((d) => d.live || d.bed);
        profiles.value = made;
        const worn = kind === 'device' ? id : kind === 'subject' ? (list.find((d) => d.subject_id === id)?.device_id ?? '') : '';
        const s = await load(scope.value, worn, made);
        if (ended) return;
        state.value = s;
        changes.value = {};
        base.value = s.profile;
        wrong.value = '';
        unread.value = '';
      } catch (e) {
        if (!ended) unread.value = (e as Error).message;
      }
    })();
    return () => {
      ended = true;
    };
  }, [scope.value, again.value]);

  const names = [...new Set(profiles.value.map((p) => p.name))];
  const builtin = kind === 'profile' && profiles.value.find((p) => p.name === id)?.at === null;
  const s = state.value;
  const touched = Object.values(changes.value).some((c) => Object.keys(c).length > 0) || (s !== null && base.value !== s.profile);
  const change = (rule: string, part: Changes[string]) => {
    changes.value = { ...changes.value, [rule]: { ...changes.value[rule], ...part } };
    done.value = '';
  };
  const save = async (e: Event) => {
    e.preventDefault();
    if (!s) return;
    const data = new FormData(e.target as HTMLFormElement);
    const reason = String(data.get('reason') ?? '').trim();
    const edits = merged(s.edits, changes.value);
    try {
      if (kind === 'profile') {
        const name = builtin ? String(data.get('name') ?? '').trim() : id;
        await sendJSON('PUT', `/api/v1/alarm-profiles/${encodeURIComponent(name)}`, { base: builtin ? id : base.value, edits, reason });
        scope.value = `profile:${name}`;
      } else {
        await sendJSON('PUT', '/api/v1/alarm-limits', {
          device_id: kind === 'device' ? id : undefined,
          subject_id: kind === 'subject' ? id : undefined,
          profile: base.value || undefined,
          edits,
          averaging_s: s.latest?.averaging_s,
          bed: s.latest?.bed,
          gateway: s.latest?.gateway,
          reason,
        });
      }
      done.value = t('limits.saved');
      // New rules come into force behind the newest reading: a moment later.
      setTimeout(() => again.value++, 1500);
    } catch (x) {
      wrong.value = (x as Error).message;
    }
  };
  const rules = (s?.rules ?? []).filter(
    (r) => all.value || (!r.technical && !r.off && r.limit !== undefined && !/ductal/.test(r.metric ?? '')) || changes.value[r.rule],
  );
  return (
    <section class="card limits">
      <header>
        <h2>{t('limits.title')}</h2>
        <span class="sp" />
        <label class="whose">
          <span class="sr">{t('limits.whose')}</span>
          <select
            name="scope"
            onChange={(e) => {
              scope.value = (e.target as HTMLSelectElement).value;
              done.value = '';
            }}
          >
            <option value="house" selected={kind === 'house'}>
              {t('limits.house')}
            </option>
            <optgroup label={t('limits.profiles')}>
              {names.map((n) => (
                <option key={n} value={`profile:${n}`} selected={scope.value === `profile:${n}`}>
                  {told(n)}
                </option>
              ))}
            </optgroup>
            <optgroup label={t('limits.beds')}>
              {devices.value.map((d) => (
                <option key={d.device_id} value={`device:${d.device_id}`} selected={scope.value === `device:${d.device_id}`}>
                  {d.bed ? `${bedName(d.bed)} · ${d.device_id}` : d.device_id}
                </option>
              ))}
            </optgroup>
            <optgroup label={t('limits.people')}>
              {devices.value
                .filter((d) => d.subject_id)
                .map((d) => (
                  <option key={d.subject_id} value={`subject:${d.subject_id}`} selected={scope.value === `subject:${d.subject_id}`}>
                    {`${d.label || d.subject_id?.slice(0, 8)}${d.bed ? ` · ${bedName(d.bed)}` : ''}`}
                  </option>
                ))}
            </optgroup>
          </select>
        </label>
      </header>
      <Trouble failed={t('limits.unread')} error={unread.value} kept={!!s} retry={() => again.value++} />
      {!s && !unread.value && <Waiting />}
      {wrong.value && (
        <Banner kind="bad">
          <b>{t('limits.failed')}</b> {wrong.value}
        </Banner>
      )}
      {s && (
        <form onSubmit={save}>
          {kind !== 'profile' && (
            <label class="profile">
              <span>{t('limits.profile')}</span>
              <select
                name="profile"
                onChange={(e) => {
                  base.value = (e.target as HTMLSelectElement).value;
                }}
              >
                <option value="" selected={base.value === ''}>
                  {t('limits.inherited')}
                </option>
                {names.map((n) => (
                  <option key={n} value={n} selected={base.value === n}>
                    {told(n)}
                  </option>
                ))}
              </select>
            </label>
          )}
          <div class="scroll">
            <table class="rules">
              <thead>
                <tr>
                  <th scope="col">{t('limits.rule')}</th>
                  <th scope="col">{t('limits.limit')}</th>
                  <th scope="col">{t('limits.delay')}</th>
                  <th scope="col">{t('alarms.priority')}</th>
                  <th scope="col">{t('limits.on')}</th>
                </tr>
              </thead>
              <tbody>
                {rules.map((r) => (
                  <Line key={r.rule} r={r} c={changes.value[r.rule] ?? {}} change={(part) => change(r.rule, part)} />
                ))}
              </tbody>
            </table>
          </div>
          <p>
            <button
              type="button"
              class="link"
              onClick={() => {
                all.value = !all.value;
              }}
            >
              {all.value ? t('limits.fewer') : t('limits.all', { n: s.rules.length })}
            </button>
          </p>
          <div class="saveline">
            {builtin && (
              <input
                name="name"
                required
                maxLength={64}
                pattern="[A-Za-z0-9._:@~\-]+"
                aria-label={t('limits.name')}
                placeholder={t('limits.name')}
              />
            )}
            <input
              name="reason"
              required
              maxLength={400}
              aria-label={t('people.reason')}
              placeholder={t('limits.reason')}
              autocomplete="off"
            />
            <button type="submit" class="btn pri" disabled={!touched}>
              {t('save')}
            </button>
            <span aria-live="polite" class="t2 small">
              {done.value}
            </span>
          </div>
        </form>
      )}
      {s && (
        <section class="versions">
          <h3 class="sec">{t('limits.versions')}</h3>
          {s.versions.length === 0 && <p class="t2">{t('limits.versions.none')}</p>}
          <ol>
            {s.versions.map((v) => (
              <li key={v.version}>
                <b>{t('limits.version', { n: v.version })}</b>
                <span class="t2">
                  {v.at && `${date(instant(v.at) - new Date(v.at).getTimezoneOffset() * 60_000)} ${clockTime(instant(v.at), false)}`} ·{' '}
                  {v.actor}
                  {v.reason && ` · ${v.reason}`}
                </span>
                <span>{[v.profile, ...v.edits.map(said)].filter(Boolean).join(' · ') || t('limits.nothing')}</span>
              </li>
            ))}
          </ol>
        </section>
      )}
    </section>
  );
}

function Line({ r, c, change }: { r: Rule; c: Changes[string]; change: (part: Changes[string]) => void }) {
  const off = c.off ?? r.off ?? false;
  const name = words({ ...r, limit: c.limit ?? r.limit });
  const changed = Object.keys(c).length > 0;
  const read = (e: Event) => {
    const v = (e.target as HTMLInputElement).value;
    return v === '' ? undefined : Number(v);
  };
  return (
    <tr class={`${changed ? 'changed' : ''}${off ? ' off' : ''}`}>
      <th scope="row">
        {name}
        <small class="t3">{r.rule}</small>
      </th>
      <td>
        {r.limit === undefined ? (
          '–'
        ) : (
          <>
            <input
              type="number"
              step="any"
              aria-label={`${r.metric ? metricName(r.metric) : r.rule}: ${t('limits.limit')} (${r.rule})`}
              value={c.limit ?? r.limit}
              onChange={(e) => {
                const v = read(e);
                if (v !== undefined && Number.isFinite(v)) change({ limit: v });
              }}
            />{' '}
            {unitName(r.unit)}
          </>
        )}
      </td>
      <td>
        <input
          type="number"
          min="0"
          max="3600"
          aria-label={`${t('limits.delay')} (${r.rule})`}
          value={c.delay_s ?? r.delay_s}
          onChange={(e) => {
            const v = read(e);
            if (v !== undefined && v >= 0) change({ delay_s: v });
          }}
        />{' '}
        s
      </td>
      <td>
        <select
          aria-label={`${t('alarms.priority')} (${r.rule})`}
          onChange={(e) => change({ priority: (e.target as HTMLSelectElement).value })}
        >
          {(['low', 'medium', 'high'] as const).map((p) => (
            <option key={p} value={p} selected={(c.priority ?? r.priority) === p}>
              {t(`priority.${p}`)}
            </option>
          ))}
        </select>
      </td>
      <td>
        <input
          type="checkbox"
          aria-label={`${t('limits.on')} (${r.rule})`}
          checked={!off}
          onChange={(e) => change({ off: !(e.target as HTMLInputElement).checked })}
        />
      </td>
    </tr>
  );
}
