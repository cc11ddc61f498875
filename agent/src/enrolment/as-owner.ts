import { mkdirSync, statSync } from 'node:fs';

/**
 * Does the work as the owner of the folder, which is made if it is not there: root enrols a box, and the agent, another user, has the files.
 * Who is not root works as itself.
 */
export async function asOwnerOf<T>(folder: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { seteuid, setegid } = process;
  if (process.geteuid?.() !== 0 || seteuid === undefined || setegid === undefined) return work();
  const { uid, gid } = statSync(folder);
  setegid(gid);
  seteuid(uid);
  try {
    return await work();
  } finally {
    seteuid(0);
    setegid(0);
  }
}
