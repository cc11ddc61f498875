import { homedir } from 'node:os';

/** The user's home folder; the root for a user without one, such as the number that a container runs as. */
export function homeDirOf(env: Readonly<Record<string, string | undefined>>): string {
  if (env.HOME) return env.HOME;
  try {
    return homedir();
  } catch {
    // The system knows no such user, and Node then throws.
    return '/';
  }
}
