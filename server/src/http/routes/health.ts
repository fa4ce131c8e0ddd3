import { type NetworkName, operations } from '@zapfleet/contract';
import { isoTime } from '../../domain/resources.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { type ReadyCheck, runChecks } from '../ready-checks.ts';
import { answer, route, type Router } from '../route.ts';

export type HealthParts = {
  config: { readonly defaultNetwork: NetworkName };
  version: string;
  /** ms since the epoch */
  startedAt: number;
  checks: Readonly<Record<string, ReadyCheck>>;
  clock: Clock;
  log: Log;
};

export function healthRoutes(router: Router, { config, version, startedAt, checks, clock, log }: HealthParts): void {
  route(router, operations.healthLive, () => answer(200, { status: 'ok' }));

  route(router, operations.getServer, () =>
    answer(200, {
      version,
      nodeVersion: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      startedAt: isoTime(startedAt),
      defaultNetwork: config.defaultNetwork,
    }),
  );

  route(router, operations.healthReady, async () => {
    const results = await runChecks(checks, clock, log);
    const about = { version, startedAt: isoTime(startedAt), checks: results };
    return Object.values(results).every(({ ok }) => ok)
      ? answer(200, { status: 'ready', ...about })
      : answer(503, { status: 'not_ready', ...about });
  });
}
