import type { EngineInfo } from '@zapfleet/contract';
import type { Engine } from '../ports/engine.ts';

/** An engine as it is shown: what it can do, and whether it can do it here. */
export async function engineInfo(engine: Engine): Promise<EngineInfo> {
  const standing = await engine.standing();
  const { usable, version } = standing;
  const { missing, help } = standing.usable ? { missing: null, help: null } : standing;
  return { engine: engine.name, usable, version, missing, help, capabilities: [...engine.capabilities] };
}
