import { Console } from '../console';
import { runMain } from '../foreground';
import { runEverything } from './everything';
import { runOneService } from './one-service';
import { DEV_HELP, parseDevCommandLine } from './options';

/** `npm run dev`. */
async function main(): Promise<void> {
  const terminal = new Console();
  const command = parseDevCommandLine(process.argv.slice(2));
  if (command.help) return terminal.line(DEV_HELP);
  if (command.service !== undefined) return runOneService(command.service, terminal);
  return runEverything(command, terminal);
}

runMain(main);
