import { serviceNames } from '@holdfast/local';
import type { Details, Figures } from './figures.ts';
import type { Summary } from './statistics.ts';

/** The figures for people: ratios first, then what they are made of. */
export function reportOf(figures: Figures): string {
  const { details } = figures;
  const { machine, load, busy_cores: busy } = details;
  return [
    `${machine.cores} cores (${machine.processor}), ${machine.memoryMib} MiB, ${machine.system}, Node ` +
      `${machine.node}, PostgreSQL ${machine.postgres}, pgbench ${machine.pgbench}`,
    `Load average ${range(load)}; during the releases ${busy.release_16.all} and ${busy.release_64.all} cores ` +
      `worked, of them ${busy.release_16.others} and ${busy.release_64.others} for other programs.`,
    `${figures.release_16.rounds} rounds, ${details.seconds} s for each case. Only ratios of one run compare.`,
    '',
    ...aligned(ratios(figures)),
    '',
    'CPU of a release, microseconds:',
    ...aligned(costs(details)),
    '',
    ...whereTimeGoes(details),
    `Checked: ${details.checked.releases} releases, ${details.checked.repeats} repeated keys, ` +
      `${details.checked.refusals} refusals, ${details.checked.timers} timers, ` +
      `${details.checked.pgbench} releases by pgbench. The books are exact.`,
  ].join('\n');
}

function ratios({ details, ...figures }: Figures): string[][] {
  const release = (name: 'release_16' | 'release_64'): string[][] => {
    const { service, pgbench, capacity } = details[name];
    const first = [
      name,
      range(figures[name]),
      `${range(service.per_second)}/s, p50 ${short(service.p50_ms.value)} ms, p99 ${short(service.p99_ms.value)} ms`,
      `${range(pgbench.per_second)}/s pgbench`,
    ];
    return [first, ['  by CPU alone', range(capacity), '', '']];
  };
  const latency = (name: 'p50' | 'p99'): string[] => [
    `latency_${name}`,
    range(figures[`latency_${name}`]),
    `${range(details.latency.ours[`${name}_ms`])} ms`,
    `${range(details.latency.kafkajs[`${name}_ms`])} ms bare kafkajs`,
  ];
  const memory = serviceNames.map((service) => `${service} ${short(details.memory.mib[service].value)}`);
  return [
    ['', 'median (range)', 'ours', 'reference'],
    ...release('release_16'),
    ...release('release_64'),
    [
      'relay',
      range(figures.relay),
      `${range(details.relay.relay)}/s`,
      `${range(details.relay.kafkajs)}/s kafkajs`,
    ],
    latency('p50'),
    latency('p99'),
    ...dueTimers({ details, ...figures }),
    ['rss_mib', range(figures.rss_mib), `${details.memory.kind}: ${memory.join(', ')}`, ''],
    ['ready_s', short(figures.ready_s.value), 'from nothing to everything ready', ''],
  ];
}

function dueTimers({ details: { timers }, ...figures }: Figures): string[][] {
  return [
    ['release_calm_p99', `${range(figures.release_calm_p99)} ms`, `${range(timers.calm_per_second)}/s`, ''],
    ['release_due_p99', `${range(figures.release_due_p99)} ms`, `${range(timers.due_per_second)}/s`, ''],
    [
      'release_due_ratio',
      range(figures.release_due_ratio),
      `${timers.due} of ${timers.in_table} timers, handled in ${short(timers.handled_s)} s`,
      '',
    ],
  ];
}

function costs({ release_16, release_64 }: Details): string[][] {
  const sides = [release_16, release_64];
  const line = (name: string, of: keyof (typeof release_16)['service']['cpu_us']): string[] => [
    name,
    ...sides.flatMap(({ service, pgbench }) => [
      String(service.cpu_us[of]),
      String((pgbench.cpu_us as Partial<typeof service.cpu_us>)[of] ?? ''),
    ]),
  ];
  return [
    ['', 'service 16', 'pgbench 16', 'service 64', 'pgbench 64'],
    line('PostgreSQL', 'database'),
    line("  of it escrow's sessions", 'escrowSessions'),
    line('escrow', 'escrow'),
    line('the other services', 'otherServices'),
    line('Kafka', 'broker'),
    line('generator', 'generator'),
  ];
}

function whereTimeGoes({ release_16, rows, statements_per_release, profile, release_64 }: Details): string[] {
  const { escrow, database, escrowSessions, otherServices, broker } = release_16.service.cpu_us;
  const sum = escrow + database + otherServices + broker;
  const percent = (part: number): string => `${Math.round((100 * part) / sum)} %`;
  const written = Object.values(rows).reduce((total, count) => total + count, 0);
  return [
    `Where the time of a release goes, on 16 connections: escrow ${percent(escrow)}, its sessions in PostgreSQL ` +
      `${percent(escrowSessions)}, the rest of PostgreSQL ${percent(database - escrowSessions)}, the other ` +
      `services ${percent(otherServices)}, Kafka ${percent(broker)}.`,
    `A release writes ${written} rows; escrow sends ${statements_per_release} statements for each, with those of ` +
      'repeats, refusals, relay and consumers.',
    `After the last answer the others were behind for ${short(release_16.service.behind_ms.value)} ms on 16, ` +
      `${short(release_64.service.behind_ms.value)} ms on 64 connections.`,
    `escrow's own time: ${Object.entries(profile)
      .slice(0, 10)
      .map(([owner, share]) => `${owner} ${Math.round(100 * share)} %`)
      .join(', ')}.`,
  ];
}

/** Three digits that count; whole numbers whole. */
const short = (value: number): string =>
  Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));

const range = ({ value, min, max }: Summary): string => `${short(value)} (${short(min)}-${short(max)})`;

/** Columns as wide as their widest cell. */
function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
