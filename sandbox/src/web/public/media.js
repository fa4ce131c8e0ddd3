// Files on their way out and in, in the steps in which the genuine page takes them. What is encrypted for the phones is encrypted by the network.

const KINDS = { image: 'image', video: 'video', audio: 'audio' };

export class OpaqueData {
  #blob;

  constructor(blob) {
    this.#blob = blob;
    this.type = blob.type;
  }

  static createFromData(blob, mimetype) {
    return Promise.resolve(new OpaqueData(blob.type === mimetype ? blob : blob.slice(0, blob.size, mimetype)));
  }

  url() {
    return URL.createObjectURL(this.#blob);
  }

  formData() {
    return this.#blob;
  }

  get size() {
    return this.#blob.size;
  }

  autorelease() {}
}

/** What is known of a file on its way out; its own fields become those of the message. */
class MediaData {
  constructor(fields) {
    Object.assign(this, fields);
  }

  set(changes) {
    Object.assign(this, changes);
  }

  toJSON() {
    const { mediaBlob: _blob, ...fields } = this;
    return fields;
  }
}

export function mediaModules(bridge) {
  const blobs = new Map();
  const objects = new Map();

  async function prepare(opaque, { asDocument, asSticker, isPtt }) {
    const bytes = await opaque.formData().arrayBuffer();
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const filehash = btoa(String.fromCharCode(...hash));
    blobs.set(filehash, opaque.formData());
    const kind = KINDS[opaque.type.split('/')[0]] ?? 'document';
    return new MediaData({
      type: asDocument ? 'document' : asSticker ? 'sticker' : isPtt ? 'ptt' : kind,
      mimetype: opaque.type,
      filehash,
      size: bytes.byteLength,
      mediaBlob: opaque,
    });
  }

  async function upload({ mediaObject }) {
    const body = blobs.get(mediaObject.filehash);
    const answer = await fetch('/stand-in/files', { method: 'POST', body });
    if (!answer.ok) throw new Error(`upload failed: ${answer.status}`);
    const file = await answer.text();
    blobs.delete(mediaObject.filehash);
    return {
      mediaEntry: {
        mmsUrl: `/stand-in/files/${file}`,
        deprecatedMms3Url: `/stand-in/files/${file}`,
        directPath: `/stand-in/files/${file}`,
        mediaKey: '',
        mediaKeyTimestamp: Math.floor(Date.now() / 1000),
        encFilehash: mediaObject.filehash,
        uploadHash: mediaObject.filehash,
      },
    };
  }

  async function download({ directPath, signal }) {
    const answer = await fetch(directPath, { headers: { 'x-login': bridge.login }, signal });
    if (!answer.ok) throw Object.assign(new Error(`download failed: ${answer.status}`), { status: answer.status });
    return answer.arrayBuffer();
  }

  return {
    WAWebMediaOpaqueData: OpaqueData,
    WAWebPrepRawMedia: { prepRawMedia: (opaque, how) => ({ waitForPrep: () => prepare(opaque, how) }) },
    WAWebMediaStorage: {
      getOrCreateMediaObject(filehash) {
        const known = objects.get(filehash);
        if (known) return known;
        const made = { filehash, contentInfo: {}, consolidate: (fields) => void Object.assign(made, fields) };
        objects.set(filehash, made);
        return made;
      },
    },
    WAWebMmsMediaTypes: { msgToMediaType: ({ type }) => type, castToV4: (type) => type },
    WAWebMediaDataUtils: { shouldUseMediaCache: () => false },
    WAWebMediaInMemoryBlobCache: { InMemoryMediaBlobCache: { put() {} } },
    WAWebMediaMmsV4Upload: { uploadMedia: upload },
    WAWebDownloadManager: { downloadManager: { downloadAndMaybeDecrypt: download } },
  };
}
