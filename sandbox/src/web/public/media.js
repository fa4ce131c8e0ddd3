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

/** What is seen of a file; nothing where it is not what its type says. */
async function looksOf(file, type) {
  if (type === 'image' || type === 'sticker') {
    const picture = await createImageBitmap(file).catch(() => null);
    return picture ? { width: picture.width, height: picture.height } : {};
  }
  if (type === 'document') return {};
  const url = URL.createObjectURL(file);
  const element = Object.assign(document.createElement(type === 'video' ? 'video' : 'audio'), { preload: 'metadata' });
  const isKnown = await new Promise((resolve) => {
    element.onloadedmetadata = () => resolve(Number.isFinite(element.duration));
    element.onerror = () => resolve(false);
    element.src = url;
  });
  URL.revokeObjectURL(url);
  if (!isKnown) return {};
  const { duration, videoHeight: height, videoWidth: width } = element;
  return { duration: Math.round(duration), ...(type === 'video' && { width, height }) };
}

export function mediaModules(bridge) {
  const blobs = new Map();
  const objects = new Map();
  const fetched = new Map();

  async function prepare(opaque, { asDocument, asGif, asSticker, isPtt }) {
    const file = opaque.formData();
    const bytes = await file.arrayBuffer();
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const filehash = btoa(String.fromCharCode(...hash));
    blobs.set(filehash, file);
    const kind = KINDS[opaque.type.split('/')[0]] ?? 'document';
    const type = asDocument ? 'document' : asSticker ? 'sticker' : isPtt ? 'ptt' : kind;
    return new MediaData({
      type,
      mimetype: opaque.type,
      filehash,
      filename: file.name,
      size: bytes.byteLength,
      isGif: asGif === true && type === 'video',
      mediaBlob: opaque,
      ...(await looksOf(file, type)),
    });
  }

  async function post(file, kind) {
    const where = `/stand-in/files?${new URLSearchParams({ kind, mimetype: file.type })}`;
    const answer = await fetch(where, { method: 'POST', body: file, headers: { 'x-login': bridge.login } });
    if (!answer.ok) throw new Error(`upload failed: ${answer.status}`);
    return `/stand-in/files/${await answer.text()}`;
  }

  async function upload({ mediaObject, mediaType }) {
    const { filehash } = mediaObject;
    const file = blobs.get(filehash);
    const place = await post(file, mediaType);
    // The same may be on its way twice.
    if (blobs.get(filehash) === file) blobs.delete(filehash);
    return {
      mediaEntry: {
        mmsUrl: place,
        deprecatedMms3Url: place,
        directPath: place,
        mediaKey: '',
        mediaKeyTimestamp: Math.floor(Date.now() / 1000),
        encFilehash: filehash,
        uploadHash: filehash,
      },
    };
  }

  async function download(directPath, signal) {
    const answer = await fetch(directPath, { headers: { 'x-login': bridge.login }, signal });
    if (!answer.ok) throw Object.assign(new Error(`download failed: ${answer.status}`), { status: answer.status });
    return answer.arrayBuffer();
  }

  /** Answers the stage of the file then. */
  async function fetchAhead(directPath) {
    try {
      fetched.set(directPath, await download(directPath));
      return 'RESOLVED';
    } catch ({ status }) {
      return status === 404 ? 'ERROR_MISSING' : 'ERROR_UNKNOWN';
    }
  }

  async function downloadAndMaybeDecrypt({ directPath, signal }) {
    const ahead = fetched.get(directPath);
    fetched.delete(directPath);
    return ahead ?? download(directPath, signal);
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
    WAWebStartMediaUploadQpl: { startMediaUploadQpl: () => ({}) },
    WAWebUploadManager: {
      async encryptAndUpload({ blob, type }) {
        const place = await post(blob, type);
        return { url: place, directPath: place, mediaKey: '', encFilehash: '', mimetype: blob.type };
      },
    },
    WAWebDownloadManager: { downloadManager: { downloadAndMaybeDecrypt }, fetchAhead },
  };
}
