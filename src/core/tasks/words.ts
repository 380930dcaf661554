/**
 * Beginnings of words that are left out of every task: bodies, violence, insults, and names of groups of people, which a
 * generator may put into an unfortunate sentence. It takes harmless words with it (rapid, father): the lists are long enough.
 */
const UNFIT =
  /^(sex|nud|nak|rap[ei]|kill|murder|suicid|drunk|retard|crippl|gay|queer|fat|dead|sadis|obscen|virgin|breast|whor|prostitut|negro|jew|nazi|slav|oriental|hell$|damn|bastard|idiot|piss|shit|crotch|buttock|bosom|hitler)/;

export const fit = (word: string): boolean => !UNFIT.test(word);
