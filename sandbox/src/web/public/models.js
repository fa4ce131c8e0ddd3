// The few models of the genuine page that a client library reads, listens to and adds to.

export class Emitter {
  #listeners = new Map();

  on(names, listener) {
    for (const name of names.split(' ')) {
      const listeners = this.#listeners.get(name) ?? [];
      this.#listeners.set(name, [...listeners, listener]);
    }
    return this;
  }

  once(name, listener) {
    const once = (...args) => {
      this.off(name, once);
      listener(...args);
    };
    return this.on(name, once);
  }

  off(name, listener) {
    this.#listeners.set(name, (this.#listeners.get(name) ?? []).filter((one) => one !== listener));
    return this;
  }

  trigger(name, ...args) {
    for (const listener of this.#listeners.get(name) ?? []) listener(...args);
  }
}

/** An id of a person, group or newsletter. */
export class Wid {
  constructor(user, server) {
    this.user = user;
    this.server = server;
    this._serialized = `${user}@${server}`;
  }

  static of(from) {
    if (from instanceof Wid) return from;
    const text = typeof from === 'string' ? from : from._serialized;
    const [user = '', server = 'c.us'] = text.replace('@s.whatsapp.net', '@c.us').split('@');
    return new Wid(user.split(':')[0], server);
  }

  isLid() {
    return this.server === 'lid';
  }

  isUser() {
    return this.server === 'c.us' || this.server === 'lid';
  }

  isGroup() {
    return this.server === 'g.us';
  }

  isStatus() {
    return this._serialized === 'status@broadcast';
  }

  toJid() {
    return this._serialized.replace('@c.us', '@s.whatsapp.net');
  }

  toString() {
    return this._serialized;
  }
}

export class MsgKey {
  constructor({ from, to, id, participant, selfDir, fromMe = selfDir === 'out', remote }) {
    this.fromMe = fromMe;
    this.remote = remote ?? (fromMe ? to : from);
    this.id = id;
    if (participant) this.participant = participant;
    const parts = [fromMe, this.remote._serialized, id, ...(participant ? [participant._serialized] : [])];
    this._serialized = parts.join('_');
  }

  static newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(9));
    return Promise.resolve(`3EB0${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`.toUpperCase());
  }
}

/** Fields are its own properties; whoever listens to it or to its collection hears what changes. */
export class Model extends Emitter {
  collection = null;

  constructor(fields) {
    super();
    Object.assign(this, fields);
  }

  set(changes) {
    const before = {};
    for (const [name, value] of Object.entries(changes)) {
      before[name] = this[name];
      this[name] = value;
    }
    for (const name of Object.keys(changes)) {
      if (before[name] === this[name]) continue;
      this.trigger(`change:${name}`, this, this[name], before[name]);
      this.collection?.trigger(`change:${name}`, this, this[name], before[name]);
    }
    this.trigger('change', this);
    this.collection?.trigger('change', this);
  }

  serialize() {
    const { collection: _collection, ...fields } = this;
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => typeof value !== 'function'));
  }
}

export class Collection extends Emitter {
  #models = new Map();

  get(id) {
    return this.#models.get(typeof id === 'string' ? id : id?._serialized);
  }

  getModelsArray() {
    return [...this.#models.values()];
  }

  add(model) {
    model.collection = this;
    this.#models.set(model.id._serialized, model);
    this.trigger('add', model);
    return model;
  }
}
