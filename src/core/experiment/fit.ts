/** Whether an experiment fits the model package at hand. */
import type { LibraryInfo } from '../library.ts';
import type { Edit, Policy } from '../routing/policy.ts';
import { LETTERS } from './defaults.ts';
import type { Experiment } from './experiment.ts';
import { allProblems, newProblems, report, type Problems, show } from './json.ts';
import type { Parsed } from './parse.ts';

export interface PackageFacts {
  readonly id: string;
  /** SHA-256 of the manifest. */
  readonly hash: string;
  readonly library: Pick<LibraryInfo, 'experts' | 'sites'>;
}

/** The experiment as this package can run it; a link made for another package, unknown experts and sites are named. */
export function fitToPackage(experiment: Experiment, facts: PackageFacts): Parsed {
  const p = newProblems();
  const { packageHash, ...rest } = experiment;
  if (experiment.package !== facts.id) {
    report(
      p,
      'package',
      `this experiment was made for the model package ${show(experiment.package)}, not for ${show(facts.id)}: routes and answers will differ.`,
    );
  } else if (packageHash !== undefined && packageHash !== facts.hash) {
    report(
      p,
      'packageHash',
      'this experiment was made with another edition of this model package: routes and answers may differ.',
    );
  }
  const fits = experiment.package === facts.id && packageHash === facts.hash;
  return {
    experiment: {
      ...rest,
      ...(fits ? { packageHash } : {}),
      package: facts.id,
      policies: experiment.policies.map((policy, i) => fitPolicy(policy, LETTERS[i] ?? String(i), facts, p)),
    },
    problems: allProblems(p),
  };
}

function fitPolicy(policy: Policy, field: string, facts: PackageFacts, p: Problems): Policy {
  const edits = policy.edits.flatMap((edit, i) => fitEdit(edit, `${field}.edits.${String(i)}`, facts, p));
  const same = edits.length === policy.edits.length && edits.every((edit, i) => edit === policy.edits[i]);
  return same ? policy : { ...policy, edits };
}

function fitEdit(edit: Edit, field: string, { library, id }: PackageFacts, p: Problems): Edit[] {
  const known = edit.experts.filter((name) => library.experts.some((e) => e.id === name));
  const unknown = edit.experts.filter((name) => !known.includes(name));
  const last = library.sites.length - 1;
  const beyond = [edit.sites?.from, edit.sites?.to].find((site) => site !== undefined && site > last);
  if (beyond !== undefined) {
    report(
      p,
      `${field}.sites`,
      `site ${String(beyond)} is past the last of ${show(id)}, ${String(last)}; this edit is left out.`,
    );
    return [];
  }
  if (unknown.length > 0) {
    const names = unknown.slice(0, 3).map(show).join(', ');
    const rest = known.length === 0 ? 'this edit is left out' : 'the edit keeps its other experts';
    report(p, `${field}.experts`, `${show(id)} has no expert ${names}; ${rest}.`);
  }
  if (known.length === 0) return [];
  return [unknown.length === 0 ? edit : { ...edit, experts: known }];
}
