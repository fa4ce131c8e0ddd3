import type { Addressing } from './accounts.ts';
import type { Database, Fields } from './database.ts';

export type Role = 'member' | 'admin' | 'superadmin';
/** `place` orders them by when they came. */
export type Member = { readonly phone: string; readonly role: Role; readonly place: number };

export type Description = { readonly id: string; readonly text: string; readonly by: string; readonly at: number };

/** A group. People in it are numbers; times are milliseconds. */
export type Group = {
  /** `…@g.us` */
  readonly id: string;
  /** Whatever the caller wants to know the group by, as a phone's. */
  readonly owner: string | undefined;
  /** By which of their names its members are met in it. */
  readonly addressing: Addressing;
  readonly creator: string;
  readonly createdAt: number;
  readonly subject: string;
  readonly subjectBy: string;
  readonly subjectAt: number;
  readonly description: Description | undefined;
  /** Only admins write. */
  readonly announce: boolean;
  /** Only admins change what the group is called and the like. */
  readonly locked: boolean;
  readonly onlyAdminsAdd: boolean;
  /** Who comes by the invite link waits for an admin. */
  readonly approval: boolean;
  /** Seconds after which messages disappear; 0 never. */
  readonly ephemeral: number;
  readonly inviteCode: string;
};

export class Groups {
  readonly #save;
  readonly #one;
  readonly #byCode;
  readonly #all;
  readonly #ofPhone;
  readonly #members;
  readonly #member;
  readonly #size;
  readonly #company;
  readonly #putMember;
  readonly #setRole;
  readonly #dropMember;

  constructor(db: Database) {
    this.#save = db.prepare(
      `INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET addressing = excluded.addressing, subject = excluded.subject,
         subject_by = excluded.subject_by, subject_at = excluded.subject_at, description_id = excluded.description_id,
         description = excluded.description, description_by = excluded.description_by,
         description_at = excluded.description_at, announce = excluded.announce, locked = excluded.locked,
         only_admins_add = excluded.only_admins_add, approval = excluded.approval, ephemeral = excluded.ephemeral,
         invite_code = excluded.invite_code`,
    );
    this.#one = db.prepare('SELECT * FROM groups WHERE id = ?');
    this.#byCode = db.prepare('SELECT * FROM groups WHERE invite_code = ?');
    this.#all = db.prepare('SELECT * FROM groups ORDER BY created_at, id');
    this.#ofPhone = db.prepare(
      'SELECT groups.* FROM groups JOIN members ON members.chat = groups.id WHERE members.phone = ? ORDER BY id',
    );
    this.#members = db.prepare('SELECT * FROM members WHERE chat = ? ORDER BY place');
    this.#member = db.prepare('SELECT * FROM members WHERE chat = ? AND phone = ?');
    this.#size = db.prepare('SELECT count(*) AS count FROM members WHERE chat = ?');
    this.#company = db.prepare(
      `SELECT DISTINCT others.phone FROM members JOIN members AS others ON others.chat = members.chat
       WHERE members.phone = ?1 AND others.phone <> ?1`,
    );
    this.#putMember = db.prepare(
      'INSERT INTO members SELECT ?1, ?2, ?3, 1 + coalesce(max(place), 0) FROM members WHERE chat = ?1',
    );
    this.#setRole = db.prepare('UPDATE members SET role = ? WHERE chat = ? AND phone = ?');
    this.#dropMember = db.prepare('DELETE FROM members WHERE chat = ? AND phone = ?');
  }

  /** Adds a group, or changes one that is there. */
  save(group: Group): void {
    const { description } = group;
    this.#save.run(
      group.id,
      group.owner ?? null,
      group.addressing,
      group.creator,
      group.createdAt,
      group.subject,
      group.subjectBy,
      group.subjectAt,
      description?.id ?? null,
      description?.text ?? null,
      description?.by ?? null,
      description?.at ?? null,
      Number(group.announce),
      Number(group.locked),
      Number(group.onlyAdminsAdd),
      Number(group.approval),
      group.ephemeral,
      group.inviteCode,
    );
  }

  find(id: string): Group | undefined {
    return groupOf(this.#one.first(id));
  }

  byInviteCode(code: string): Group | undefined {
    return groupOf(this.#byCode.first(code));
  }

  *all(): Generator<Group> {
    for (const row of this.#all.all()) yield presentGroup(row);
  }

  of(phone: string): Group[] {
    return Array.from(this.#ofPhone.all(phone), presentGroup);
  }

  /** In the order in which they came. */
  members(id: string): Member[] {
    return Array.from(this.#members.all(id), memberOf);
  }

  member(id: string, phone: string): Member | undefined {
    const row = this.#member.first(id, phone);
    return row === undefined ? undefined : memberOf(row);
  }

  size(id: string): number {
    return this.#size.first(id)?.integer('count') ?? 0;
  }

  /** Those who are in a group with this number. */
  companyOf(phone: string): string[] {
    return Array.from(this.#company.all(phone), (row) => row.text('phone'));
  }

  addMember(id: string, phone: string, role: Role): void {
    this.#putMember.run(id, phone, role);
  }

  setRole(id: string, phone: string, role: Role): void {
    this.#setRole.run(role, id, phone);
  }

  removeMember(id: string, phone: string): void {
    this.#dropMember.run(id, phone);
  }
}

function groupOf(row: Fields | undefined): Group | undefined {
  return row === undefined ? undefined : presentGroup(row);
}

function presentGroup(row: Fields): Group {
  return {
    id: row.text('id'),
    owner: row.optionalText('owner'),
    addressing: row.text('addressing') === 'pn' ? 'pn' : 'lid',
    creator: row.text('creator'),
    createdAt: row.integer('created_at'),
    subject: row.text('subject'),
    subjectBy: row.text('subject_by'),
    subjectAt: row.integer('subject_at'),
    description: descriptionOf(row),
    announce: row.integer('announce') === 1,
    locked: row.integer('locked') === 1,
    onlyAdminsAdd: row.integer('only_admins_add') === 1,
    approval: row.integer('approval') === 1,
    ephemeral: row.integer('ephemeral'),
    inviteCode: row.text('invite_code'),
  };
}

function descriptionOf(row: Fields): Description | undefined {
  const id = row.optionalText('description_id');
  if (id === undefined) return undefined;
  return { id, text: row.text('description'), by: row.text('description_by'), at: row.integer('description_at') };
}

function memberOf(row: Fields): Member {
  const role = row.text('role');
  return {
    phone: row.text('phone'),
    role: role === 'admin' || role === 'superadmin' ? role : 'member',
    place: row.integer('place'),
  };
}
