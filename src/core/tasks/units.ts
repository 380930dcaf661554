/** Units of measurement of convert-units, American spelling, with the quantity that each measures. */
import type { TaskSources } from './task.ts';

/** Quantities that are asked for; the rest have too few units or units that name their quantity. */
const QUANTITIES: Readonly<Record<string, string>> = {
  length: 'length',
  area: 'area',
  mass: 'mass',
  volume: 'volume',
  time: 'time',
  digital: 'amount of data',
  speed: 'speed',
  pressure: 'pressure',
  current: 'electric current',
  voltage: 'voltage',
  power: 'power',
  energy: 'energy',
  frequency: 'frequency',
  illuminance: 'brightness',
  temperature: 'temperature',
  angle: 'angle',
};
/** Names of the package that are Swedish or known to few. */
const ODD = /matskedar|teskedar|kaffekoppar|glas|kannor|survey|kilopound/;

export interface Unit {
  /** Plural, lower case; also its key. */
  readonly name: string;
  readonly quantity: string;
}

export function units(sources: TaskSources): Unit[] {
  const found = new Map<string, string>();
  for (const { measure, plural } of sources.units) {
    const quantity = QUANTITIES[measure];
    const name = plural.toLowerCase().replace(/(met|lit)re/g, '$1er');
    // The first wins: the package also calls square centimetres "Centimeters".
    if (quantity !== undefined && !ODD.test(name) && !found.has(name)) found.set(name, quantity);
  }
  return [...found].map(([name, quantity]) => ({ name, quantity }));
}
