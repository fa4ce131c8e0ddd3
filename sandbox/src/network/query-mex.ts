import { z } from 'zod';
import { type Stanza, childOf, el, textOf } from '../wire/stanza.ts';
import { type Answer, BAD_REQUEST, NOT_IMPLEMENTED } from './answers.ts';
import type { Connection } from './connections.ts';
import { newsletterView } from './newsletters.ts';
import { quotaView, timelockView } from './restrictions.ts';
import type { World } from './world.ts';

/** The numbers are those of the queries that the web client is compiled with. */
const REACHOUT_TIMELOCK = '23983697327930364';
const MESSAGE_CAPPING = '24503548349331633';
const NEWSLETTER = '6563316087068696';
const FOLLOW = '24404358912487870';
const UNFOLLOW = '9767147403369991';

const ByKey = z.object({ variables: z.object({ input: z.object({ key: z.string(), type: z.string() }) }) });
const ById = z.object({ variables: z.object({ newsletter_id: z.string() }) });

/** `xmlns=w:mex`: questions in JSON. */
export function answerMex(world: World, { phone }: Connection, query: Stanza): Answer {
  const asked = childOf(query, 'query');
  const question = json(textOf(asked));
  if (question === undefined) return BAD_REQUEST;
  const now = world.clock.now();
  switch (asked?.attrs['query_id']) {
    case REACHOUT_TIMELOCK:
      return result({ xwa2_fetch_account_reachout_timelock: timelockView(world.restrictions.lock(phone, now)) });
    case MESSAGE_CAPPING:
      return result({ xwa2_message_capping_info: quotaView(world, world.restrictions.quota(phone, now)) });
    case NEWSLETTER: {
      const { key, type } = ByKey.safeParse(question).data?.variables.input ?? {};
      const found = type === 'INVITE' ? world.newsletters.byInvite(key ?? '') : world.newsletters.find(key ?? '');
      return found === undefined ? missing() : result({ xwa2_newsletter: newsletterView(world, found, phone) });
    }
    case FOLLOW:
    case UNFOLLOW:
      return follow(world, phone, question, asked.attrs['query_id'] === FOLLOW);
    default:
      return NOT_IMPLEMENTED;
  }
}

function follow(world: World, phone: string, question: unknown, follows: boolean): Answer {
  const id = ById.safeParse(question).data?.variables.newsletter_id ?? '';
  if (world.newsletters.find(id) === undefined) return missing();
  if (follows) world.newsletters.follow(id, phone);
  else world.newsletters.unfollow(id, phone);
  return result({ [follows ? 'xwa2_newsletter_join_v2' : 'xwa2_newsletter_leave_v2']: { id } });
}

function json(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function missing(): Answer {
  return answer({ data: null, errors: [{ message: 'Not Found', extensions: { error_code: 404 } }] });
}

function result(data: object): Answer {
  return answer({ data });
}

function answer(content: object): Answer {
  return [el('result', {}, Buffer.from(JSON.stringify(content), 'utf8'))];
}
