import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

const description = 'print what makes a shell complete the commands and flags of tdc';

/** Adds `tdc completion <shell>`, and the hidden command that its scripts ask. To be called after all other commands. */
export function addCompletionCommand(program: Command): void {
  const completions = tab(program, { completionCommandName: 'completion' });
  program.commands.find((command) => command.name() === 'completion')?.description(description);
  for (const [commandName, command] of completions.commands) {
    if (commandName === 'completion') command.description = description;
    for (const [name, option] of completions.options) {
      // The program's own --version is no option of its commands.
      if (name !== 'version' && !command.options.has(name)) command.options.set(name, option);
    }
  }
}
