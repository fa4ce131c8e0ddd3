import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a folder that is gone at the end of the run. */
export type NewFolder = () => Promise<string>;

/** All folders of a run are in one, which `resources` removes. */
export async function temporaryFolders(resources: AsyncDisposableStack): Promise<NewFolder> {
  const root = await mkdtemp(join(tmpdir(), 'zapfleet-bench-'));
  resources.defer(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
  return () => mkdtemp(join(root, 'run-'));
}
