/** `switchyard COMMAND`: the same host and core as the page's, under Node. Results on standard output, all else on standard error. */
import { evalCommand, evalHelp } from './eval-nll.ts';
import { evaluateCommand, evaluateHelp } from './evaluate.ts';
import type { CliIo } from './io.ts';
import { parity, parityHelp } from './parity.ts';
import { routeCommand, routeHelp } from './route.ts';
import { tokenizeCommand, tokenizeHelp } from './tokenize.ts';

interface Command {
  readonly help: string;
  readonly run: (args: readonly string[], io: CliIo) => Promise<number>;
}

const commands: Readonly<Record<string, Command>> = {
  route: { help: routeHelp, run: routeCommand },
  tokenize: { help: tokenizeHelp, run: tokenizeCommand },
  'eval-nll': { help: evalHelp, run: evalCommand },
  evaluate: { help: evaluateHelp, run: evaluateCommand },
  parity: { help: parityHelp, run: parity },
};

const overview = `switchyard COMMAND [options]
  route      run a prompt under a policy: answer, logits, routes
  tokenize   texts to token ids
  eval-nll   how likely given answers are under a policy
  evaluate   tasks under policies, with intervals and verdicts
  parity     compare this machine with the package's reference figures
switchyard COMMAND --help says more.`;

/** @returns the exit code: 0, 1 for a comparison out of bounds, 2 for anything that could not be done */
export async function main(args: readonly string[], io: CliIo): Promise<number> {
  const [name = '', ...rest] = args;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    if (name === '--help' || name === 'help') {
      io.out(overview);
      return 0;
    }
    io.err(name === '' ? overview : `switchyard: there is no command ${name}.\n${overview}`);
    return 2;
  }
  if (rest.includes('--help')) {
    io.out(command.help.trimEnd());
    return 0;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    io.err(`switchyard ${name}: ${error instanceof Error ? error.message : String(error)}`);
    if (process.env.SWITCHYARD_DEBUG !== undefined && error instanceof Error) io.err(error.stack ?? '');
    return 2;
  }
}

async function readAll(): Promise<string> {
  process.stdin.setEncoding('utf8');
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}

/** What `tools/switchyard.mjs` calls. @param root folder of the program */
export async function start(args: readonly string[], root: string): Promise<number> {
  // Whatever a library prints belongs beside the results, not among them.
  console.log = console.info = console.debug = console.error;
  // A reader that has enough (`| head`) closes the pipe: no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return main(args, {
    root,
    stdin: readAll,
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    interactive: process.stderr.isTTY,
  });
}
