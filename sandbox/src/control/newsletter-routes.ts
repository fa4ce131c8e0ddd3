import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { foundNewsletter, publish } from '../network/newsletters.ts';
import { Refused } from '../network/refused.ts';
import type { World } from '../network/world.ts';
import type { Newsletter } from '../store/newsletters.ts';
import type { Controls } from './controls.ts';
import { phoneOf } from './phone-routes.ts';

const Params = z.object({ id: z.string().min(1) });
const ListQuery = z.object({ owner: z.string().optional() });
const FoundBody = z.object({
  name: z.string().trim().min(1).max(100),
  description: z.string().max(2048).default(''),
  followers: z.array(z.string().min(1)).max(1024).default([]),
  owner: z.string().min(1).max(200).optional(),
});
const FollowersBody = z.object({
  phones: z.array(z.string().min(1)).min(1).max(1024),
  action: z.enum(['follow', 'unfollow']).default('follow'),
});
const PublishBody = z.object({ text: z.string().min(1).max(65_536) });

/** Newsletters, who follows them, and what they publish. */
export function newsletterRoutes(http: FastifyInstance, { world }: Controls): void {
  http.post('/sandbox/newsletters', (request, reply) => {
    const { followers, ...founding } = FoundBody.parse(request.body);
    const people = followers.map((phone) => phoneOf(world, { phone }));
    const newsletter = world.db.transaction(() => {
      const founded = foundNewsletter(world, { ...founding, owner: founding.owner });
      for (const { phone } of people) world.newsletters.follow(founded.id, phone);
      return founded;
    });
    return reply.code(201).send(newsletterView(world, newsletter));
  });

  http.get('/sandbox/newsletters', (request) => {
    const { owner } = ListQuery.parse(request.query);
    const all = world.newsletters.all().filter((one) => owner === undefined || one.owner === owner);
    return { data: all.map((one) => newsletterView(world, one)), nextCursor: null };
  });

  http.get('/sandbox/newsletters/:id', (request) => newsletterView(world, newsletterOf(world, request.params)));

  http.post('/sandbox/newsletters/:id/followers', (request) => {
    const newsletter = newsletterOf(world, request.params);
    const { phones, action } = FollowersBody.parse(request.body);
    const people = phones.map((phone) => phoneOf(world, { phone }));
    world.db.transaction(() => {
      for (const { phone } of people) world.newsletters[action](newsletter.id, phone);
    });
    return newsletterView(world, newsletter);
  });

  http.post('/sandbox/newsletters/:id/messages', (request, reply) => {
    const newsletter = newsletterOf(world, request.params);
    return reply.code(201).send(publish(world, newsletter, PublishBody.parse(request.body).text));
  });
}

function newsletterOf(world: World, params: unknown): Newsletter {
  const { id } = Params.parse(params);
  const newsletter = world.newsletters.find(id.includes('@') ? id : `${id}@newsletter`);
  if (newsletter !== undefined) return newsletter;
  throw new Refused(404, 'newsletter_not_found', 'There is no such newsletter here.', { newsletterId: id });
}

function newsletterView(world: World, newsletter: Newsletter): object {
  const { id, owner, name, description, invite, createdAt } = newsletter;
  const followers = world.newsletters.followers(id);
  return {
    id,
    name,
    description,
    owner: owner ?? null,
    invite,
    followers,
    createdAt: new Date(createdAt).toISOString(),
  };
}
