/** Health, figures, and what this server can do. */
import { z } from 'zod';
import { Time } from '../fields.ts';
import { defineOperation } from '../operation.ts';
import { ReadinessCheck } from '../readiness.ts';
import { EngineInfo, NetworkName } from '../session.ts';

export const serviceOperations = {
  healthLive: defineOperation({
    id: 'healthLive',
    method: 'GET',
    path: '/health/live',
    tag: 'Operations',
    summary: 'Is the process alive',
    access: 'public',
    answers: { 200: { meaning: 'Alive', schema: z.object({ status: z.literal('ok') }) } },
    errors: [],
  }),
  healthReady: defineOperation({
    id: 'healthReady',
    method: 'GET',
    path: '/health/ready',
    tag: 'Operations',
    summary: 'Can the server do its work',
    access: 'public',
    answers: {
      200: { meaning: 'Ready', schema: readiness('ready') },
      503: { meaning: 'Not ready; `checks` names what is wrong', schema: readiness('not_ready') },
    },
    errors: [],
  }),
  getMetrics: defineOperation({
    id: 'getMetrics',
    method: 'GET',
    path: '/metrics',
    tag: 'Operations',
    summary: 'Figures for Prometheus',
    description:
      'Also with `METRICS_TOKEN` as Bearer. A key of one tenant sees the figures of its sessions and messages only. Series of their own have the first 500 sessions; all others are in the counts.',
    access: 'viewer',
    answers: { 200: { meaning: 'The figures, in the text format of Prometheus', types: ['text/plain'] } },
    errors: [],
  }),
  getServer: defineOperation({
    id: 'getServer',
    limitedKeys: true,
    method: 'GET',
    path: '/server',
    tag: 'Operations',
    summary: 'What this server is: its version, what it runs on, and since when',
    access: 'viewer',
    answers: {
      200: {
        meaning: 'The server',
        schema: z.object({
          version: z.string(),
          nodeVersion: z.string().meta({ description: 'Of Node.js', examples: ['26.10.0'] }),
          platform: z.string().meta({ description: 'System and processor', examples: ['linux x64'] }),
          startedAt: Time,
          defaultNetwork: NetworkName.meta({ description: 'Of sessions that are made without one: `DEFAULT_NETWORK`' }),
        }),
      },
    },
    errors: [],
  }),
  listEngines: defineOperation({
    id: 'listEngines',
    limitedKeys: true,
    method: 'GET',
    path: '/engines',
    tag: 'Operations',
    summary: 'The engines of this server: which are usable here, what is missing, what they can do',
    access: 'viewer',
    answers: {
      200: { meaning: 'The engines', schema: z.object({ data: z.array(EngineInfo), nextCursor: z.null() }) },
    },
    errors: [],
  }),
} as const;

function readiness<S extends string>(status: S) {
  return z.object({
    status: z.literal(status),
    version: z.string(),
    startedAt: Time,
    checks: z.record(z.string(), ReadinessCheck),
  });
}
