/** A policy that cannot run, or a score that gave no number. The message is whole; `field` is the part of the policy at fault. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}
