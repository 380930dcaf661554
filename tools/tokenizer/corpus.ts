/**
 * Odd strings on which tokenizers are compared: code, emoji with joiners, all scripts, control characters, unpaired
 * surrogates, runs of spaces, special tokens as text, and mixtures of these. The same list on every machine.
 *
 *   npx jiti tools/tokenizer/corpus.ts > strings.json
 */
import { pathToFileURL } from 'node:url';
import { scripts } from './scripts.ts';

const numerals = '0123456789½¼¾²³¹ⅧⅫ①⑳⒈㊿٠١٢٣٤۵۶०१२३৪௧௰௲൯๐๙໑༣༳၅᠑፩፼〇〡㆒一二𝟎𝟗𝟙𐄇𒐀𑁦🄀🄋⓪₀⁴Ⅼↀ𐹠';
const spaces = [
  ' ',
  '  ',
  '   ',
  '        ',
  '\t',
  '\t\t',
  '\n',
  '\n\n',
  '\r',
  '\r\n',
  '\v',
  '\f',
  '\u0085',
  '\u00a0',
  '\u1680',
  '\u180e',
  '\u2000',
  '\u2003',
  '\u2009',
  '\u200a',
  '\u200b',
  '\u200c',
  '\u200d',
  '\u2028',
  '\u2029',
  '\u202f',
  '\u205f',
  '\u2060',
  '\u3000',
  '\ufeff',
];
const emoji = [
  '👩‍👩‍👧‍👦',
  '👨🏿‍🚀',
  '🏳️‍🌈',
  '🏴‍☠️',
  '🇩🇪',
  '🇩🇪🇫🇷🇯',
  '🏴󠁧󠁢󠁳󠁣󠁴󠁿',
  '1️⃣',
  '#️⃣',
  '☺︎',
  '☺️',
  '🤦🏽‍♀️',
  '❤️‍🔥',
  '👁️‍🗨️',
  '🧑‍🤝‍🧑',
  '🫱🏻‍🫲🏿',
  '😀',
  '🙃🙃🙃',
  '💩',
  '🇺',
  '\u200d👩',
  '👩\u200d',
  '🏽',
  '\ufe0f',
];
const specials = [
  '<|endoftext|>',
  '<|im_start|>',
  '<|im_end|>',
  '<repo_name>',
  '<reponame>',
  '<file_sep>',
  '<filename>',
  '<gh_stars>',
  '<issue_start>',
  '<issue_comment>',
  '<issue_closed>',
  '<jupyter_start>',
  '<jupyter_text>',
  '<jupyter_code>',
  '<jupyter_output>',
  '<jupyter_script>',
  '<empty_output>',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  '[PAD]',
  '[UNK]',
];
const nearSpecials = [
  '<|im_end|',
  '|im_end|>',
  '<| im_end |>',
  '<|IM_END|>',
  '<|im_<|im_end|>end|>',
  '<|im_start|>user\n',
  '<|im_end|>\n',
  '<|im_start|><|im_end|>',
  '<<|im_end|>>',
  '<|im_start|>assistant',
  '</s>',
  '<s>',
  '<unk>',
  '[cls]',
  '[ SEP ]',
  '##ing',
  '▁the',
  'Ġthe',
  '<0x0A>',
  '<|im_end|>s',
  "<|im_end|>'s",
  ' <|im_end|> ',
  '<filename',
  '<file_sep',
];
const contractions = [
  "it's",
  "IT'S",
  "don't",
  "DON'T",
  "we'll",
  "we'LL",
  "they've",
  "I'm",
  "I'd",
  "you're",
  'it’s',
  "'s",
  "''s",
  "'sx",
  "'ll've",
  "rock'n'roll",
  "' s",
  "'t't't",
  "o'clock",
  "'re'",
  "l'été",
  "d'accord",
];
const code = [
  'for (let i = 0; i < n; ++i) {\n    sum += a[i] * b[i];\n}\n',
  'def f(x: int) -> list[int]:\n\treturn [x**i for i in range(10) if i % 2 == 0]\n',
  '#include <stdio.h>\nint main(void){printf("%08.3f\\n",3.14159e-10);return 0;}',
  "SELECT a.id, COUNT(*) FROM t AS a WHERE a.name LIKE '%x_%' GROUP BY 1;",
  '<div class="a b" style="width:100%">&nbsp;<!-- x --></div>',
  'const r = /^(?:\\p{L}|\\d)+$/gu; // regex',
  '{"a": [1, 2.50, -3e+07, null, true], "b": {"ü": "\\u00fc"}}',
  'fn main() -> Result<(), Box<dyn Error>> { let x = vec![0u8; 16]; Ok(()) }',
  'SGVsbG8sIFdvcmxkIQ== 0xDEADBEEF 0b1010_0101 1_000_000',
  'https://example.org/a/b?c=d&e=%20f#g',
  'C:\\Program Files\\x86\\..\\y.exe',
  '\\begin{align} x^{2} &= \\frac{1}{\\sqrt{2\\pi}} \\\\ \\end{align}',
  'main :: IO ()\nmain = mapM_ (\\x -> print (x `div` 2)) [1..10]',
  '\tif x:\n\t\tpass\n    \t  else:\n  \t\t\tpass   \n\n\n',
  'git commit -m "fix: #1234" && echo $? || exit 1',
  'a->b::c<d>&&e||!f?g:h;',
  'x\u0000y\u0000z',
  '±5 °C, 3×4, 10µm, 5′6″, ½ cup, ™®©',
  '--------========########********',
  '...?!?!?!…‽¿¡',
];
const words = [
  'the',
  'The',
  'THE',
  'hello',
  'world',
  'internationalisation',
  'Straße',
  'STRASSE',
  'naïve',
  'naïve',
  'Ångström',
  'ÅNGSTRÖM',
  'ǅ',
  'ﬁsh',
  'İstanbul',
  'ıI',
  'ΌΔΟΣ',
  'Σίσυφος',
  'ὈΔΥΣΣΕΎΣ',
  'київ',
  'МОСКВА',
  'שָׁלוֹם',
  'مرحبا',
  'مَرْحَبًا',
  'नमस्ते',
  'สวัสดี',
  '안녕하세요',
  '한국어',
  'こんにちは',
  'ガギグゲゴ',
  '漢字',
  '中文字符',
  '𠀀𠀁',
  'ậ',
  'Việt',
  'ffi',
  'œuvre',
  'Đà',
  'ẞ',
  'ŉ',
  'ᾳ',
  'ﷺ',
  '㎏',
  'ｆｕｌｌ',
  'ﾊﾝｶｸ',
];

/** mulberry32, so that the list is the same everywhere. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const codePoint = (value: number): string => String.fromCodePoint(value >= 0xd800 && value <= 0xdfff ? 0xfffd : value);

/** The list; new kinds are added at its end, so that old ones keep their place. */
export function oddStrings(): readonly string[] {
  const below = random(20261124);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const out: string[] = ['', ...spaces, ...emoji, ...specials, ...nearSpecials, ...contractions, ...code, ...words];
  const inScript = (length: number): string => {
    const [, from, to] = pick(scripts);
    return Array.from({ length }, () => codePoint(from + below(to - from + 1))).join('');
  };
  // Every script: a run of its characters, words of it between spaces, next to Latin letters and numerals.
  for (const [, from, to] of scripts) {
    const letters = (length: number) => Array.from({ length }, () => codePoint(from + below(to - from + 1))).join('');
    out.push(
      letters(12),
      `${letters(3)} ${letters(4)}  ${letters(2)}`,
      `ab${letters(2)}cd ${letters(1)}7${letters(1)}`,
    );
  }
  // Every control character, between letters, next to spaces, doubled.
  for (let c = 0; c < 0xa1; c = c === 0x1f ? 0x7f : c + 1) {
    const control = String.fromCharCode(c);
    out.push(`th${control}e ${control}${control} x${control}`);
  }
  for (const numeral of numerals) out.push(`a${numeral} ${numeral}${numeral}b  ${numeral}`);
  for (const space of spaces)
    out.push(`a${space}b`, `${space}a ${space} ${space}${space}1${space}`, `x${space}`, `!${space}?\n${space}`);
  for (const special of specials) out.push(`a${special}b`, ` ${special}  ${special}\n`, `${special}${special} 1`);
  // Unpaired surrogates, alone, in the wrong order, inside words.
  for (const half of ['\ud800', '\udbff', '\udc00', '\udfff', '\ude00\ud83d', '\ud83d\ud83d\ude00']) {
    out.push(half, `a${half}b`, ` ${half} ${half}${half}`, `${half}\u0301<|im_end|>${half}`);
  }
  for (const length of [2, 3, 7, 16, 31, 64, 100, 257, 1000]) {
    for (const unit of ['a', ' ', '\n', '=', 'é', '😀', '0', 'ab', '\t ']) out.push(unit.repeat(length));
  }
  const kinds: readonly (() => string)[] = [
    () => pick(spaces),
    () => pick(spaces).repeat(1 + below(4)),
    () => pick(emoji),
    () => pick(specials),
    () => pick(nearSpecials),
    () => pick(contractions),
    () => pick(code).slice(below(20), 20 + below(40)),
    () => pick(words),
    () => pick(words),
    () => inScript(1 + below(6)),
    () => inScript(1 + below(3)),
    () => Array.from({ length: 1 + below(4) }, () => pick(Array.from(numerals))).join(''),
    () => String(below(1_000_000)),
    () => codePoint(below(0x110000)),
    () => codePoint(below(0x3000)),
    () => String.fromCharCode(below(0xa0)),
    () => pick(Array.from('.,;:!?\'"()[]{}<>|/\\@#$%^&*-_=+~`')),
    () => pick(['\u0301', '\u0308', '\u20dd', '\u0327', '\u3099', '\u0e31']),
  ];
  while (out.length < 3000) out.push(Array.from({ length: 1 + below(9) }, () => pick(kinds)()).join(''));
  return out;
}

/** Escaped to ASCII, as unpaired surrogates survive no other encoding. */
export const asciiJson = (list: readonly string[]): string =>
  JSON.stringify(list).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(asciiJson(oddStrings()));
}
