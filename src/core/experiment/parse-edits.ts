/** The user's edits in a policy, read from outside data. */
import type { Edit, EditScope } from '../routing/policy.ts';
import { LIMITS } from './defaults.ts';
import { isObject, newProblems, numberFault, refuseOthers, report, wellFormed, type Problems, show } from './json.ts';

const KINDS: readonly Edit['kind'][] = ['bias', 'mute', 'force', 'scale'];

/** A list of edits; one with a bad field is left out whole, as half an edit would mean something else. */
export function parseEdits(value: unknown, field: string, p: Problems): readonly Edit[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    report(p, field, `${show(value)} is not a list of edits; there are none.`);
    return [];
  }
  if (value.length > LIMITS.edits) {
    report(p, field, `${String(value.length)} edits are more than ${String(LIMITS.edits)}; the rest is left out.`);
  }
  return value
    .slice(0, LIMITS.edits)
    .map((item: unknown, i) => parseEdit(item, `${field}.${String(i)}`, p))
    .filter((edit) => edit !== undefined);
}

/** One edit, or undefined (reported) when a field of it cannot be read. */
export function parseEdit(value: unknown, field: string, p: Problems): Edit | undefined {
  const own = newProblems(1);
  const edit = readEdit(value, own);
  const fault = own.list[0];
  if (fault === undefined) return edit;
  report(p, fault.field === '' ? field : `${field}.${fault.field}`, `${fault.message}; this edit is left out.`);
  return undefined;
}

function readEdit(value: unknown, p: Problems): Edit | undefined {
  if (!isObject(value)) {
    report(p, '', `${show(value)} is not an edit`);
    return undefined;
  }
  refuseOthers(value, '', ['kind', 'experts', 'sites', 'tokens', 'since', 'amount', 'factor'], p);
  const experts = readExperts(value.experts, p);
  const scope: EditScope & { since?: number } = { ...readScope(value, p) };
  const since = optional(value.since, 'since', LIMITS.token, p);
  if (since !== undefined) scope.since = since;
  const kind = KINDS.find((k) => k === value.kind);
  for (const [name, of] of [['amount', 'bias'] as const, ['factor', 'scale'] as const]) {
    if (kind !== of && value[name] !== undefined) report(p, name, `only a ${of} has this field`);
  }
  switch (kind) {
    case undefined:
      report(p, 'kind', `${show(value.kind)} is none of ${KINDS.join(', ')}`);
      return undefined;
    case 'mute':
    case 'force':
      return { kind, experts, ...scope };
    case 'bias':
      return { kind, experts, ...scope, amount: required(value.amount, 'amount', LIMITS.bias, p) };
    case 'scale':
      return { kind, experts, ...scope, factor: required(value.factor, 'factor', LIMITS.factor, p) };
  }
}

function readExperts(value: unknown, p: Problems): readonly string[] {
  if (
    !Array.isArray(value) ||
    value.length === 0 ||
    value.length > LIMITS.expertsInEdit ||
    !value.every((v): v is string => typeof v === 'string' && v !== '' && v.length <= 64)
  ) {
    report(p, 'experts', `${show(value)} is not a list of expert ids`);
    return [];
  }
  return [...new Set(value.map(wellFormed))];
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
}

function required(value: unknown, field: string, range: Range, p: Problems): number {
  const fault = numberFault(value, range);
  if (fault === undefined) return (value as number) + 0;
  report(p, field, fault);
  return 0;
}

const optional = (value: unknown, field: string, range: Range, p: Problems): number | undefined =>
  value === undefined ? undefined : required(value, field, range, p);

function readScope(value: Readonly<Record<string, unknown>>, p: Problems): EditScope {
  const sites = readRange(value.sites, 'sites', 'input', ['attn', 'ffn'] as const, LIMITS.site, p);
  const tokens = readRange(value.tokens, 'tokens', 'part', ['prompt', 'answer'] as const, LIMITS.token, p);
  return { ...(sites === undefined ? {} : { sites }), ...(tokens === undefined ? {} : { tokens }) };
}

/** `{ from?, to?, [name]? }`, both ends inclusive. */
function readRange<Name extends string, T extends string>(
  value: unknown,
  field: string,
  name: Name,
  options: readonly T[],
  range: Range,
  p: Problems,
): ({ readonly from?: number; readonly to?: number } & Partial<Record<Name, T>>) | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value)) {
    report(p, field, `${show(value)} is not a range`);
    return undefined;
  }
  refuseOthers(value, field, ['from', 'to', name], p);
  const from = optional(value.from, `${field}.from`, range, p);
  const to = optional(value.to, `${field}.to`, range, p);
  if (from !== undefined && to !== undefined && from > to) {
    report(p, field, `it would begin (${String(from)}) after its end (${String(to)})`);
  }
  const given = value[name];
  const chosen = options.find((o) => o === given);
  if (given !== undefined && chosen === undefined)
    report(p, `${field}.${name}`, `${show(given)} is none of ${options.join(', ')}`);
  if (from === undefined && to === undefined && chosen === undefined) return undefined;
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(chosen === undefined ? {} : ({ [name]: chosen } as Partial<Record<Name, T>>)),
  } as { readonly from?: number; readonly to?: number } & Partial<Record<Name, T>>;
}
