// Generated from the contract by npm run generate.
export interface paths {
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Is the process alive */
        get: operations["healthLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Can the server do its work */
        get: operations["healthReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Figures for Prometheus
         * @description Also with `METRICS_TOKEN` as Bearer. A key of one tenant sees the figures of its sessions and messages only. Series of their own have the first 500 sessions; all others are in the counts.
         *
         *     Needs a key with the role `viewer` or above.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/server": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What this server is: its version, what it runs on, and since when
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["getServer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/engines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The engines of this server: which are usable here, what is missing, what they can do
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["listEngines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List sessions, the newest last
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["listSessions"];
        put?: never;
        /**
         * Create a session, and start it unless `start` is false
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["createSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One session, by id or name
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["getSession"];
        put?: never;
        post?: never;
        /**
         * Unlink the device and remove the session; its name is free at once
         * @description Goes on by itself where it takes longer than 15 s, also after a restart. By its id, a session that is gone answers its receipt again.
         *
         *     Needs a key with the role `admin` or above.
         */
        delete: operations["deleteSession"];
        options?: never;
        head?: never;
        /**
         * Change settings; null clears one
         * @description Needs a key with the role `admin` or above.
         */
        patch: operations["patchSession"];
        trace?: never;
    };
    "/sessions/{id}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * State, cause, health and times of a session
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["getSessionStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run the session; while it waits, reconnect now
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["startSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop the session; it stays linked
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["stopSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close the connection and open a new one; it stays linked
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["restartSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Unlink the device; the configuration stays
         * @description Asks WhatsApp to unlink and wipes the credentials in any case: where WhatsApp could not be asked, `unlinked` says so. One that is stopped is connected for it.
         *
         *     Needs a key with the role `admin` or above.
         */
        post: operations["logoutSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/receipt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the last logout or delete has done; by id for 7 days after a delete too
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["getReceipt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/cleanup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete all sessions of a tenant, or of the installation, or those in some states
         * @description With `dryRun` nothing is deleted: the answer names what would be. The events `session.deleted` tell the progress.
         *
         *     Needs a key with the role `admin` or above.
         */
        post: operations["cleanupSessions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/cleanups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far a cleanup is, and at its end what was done
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["getCleanup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/qr": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The QR code, in the form that `Accept` names
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["getQr"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/pairing-code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A code to type into the phone in place of scanning
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["requestPairingCode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/capabilities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the engine of this session can do
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["getCapabilities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/pairing-link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A page on which somebody without an account links his phone with this session
         * @description It is good for one linking and takes the place of the link before it.
         *
         *     Needs a key with the role `admin` or above.
         */
        post: operations["createPairingLink"];
        /**
         * Take the pairing link back
         * @description Needs a key with the role `admin` or above.
         */
        delete: operations["revokePairingLink"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/pairing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What the page of a pairing link shows */
        post: operations["openPairingLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Messages of a session, oldest first; or the newest first; or those that hold some words
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["listMessages"];
        put?: never;
        /**
         * Send a message
         * @description 201 once WhatsApp acknowledged it; 202 with `status: "queued"` where it did not within `wait` seconds. Accepted means stored: it is sent after a restart too, with the same id. A message that fails within `wait` is answered with the error; it is stored all the same, `details.messageId` names it.
         *
         *     Also as `multipart/form-data`, with the file in a part named `file` in the place of `media`: the other fields each as one of the form (a list as several of one name, or like whatever is no text as in JSON), or all of them as JSON in one that is named `message`.
         *
         *     Needs a key with the role `agent` or above.
         */
        post: operations["sendMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/messages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One message
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["getMessage"];
        put?: never;
        post?: never;
        /**
         * Take a message back for everyone, or cancel it while it is queued
         * @description 200 with the message as it stands now: `cancelled` where it had not left, else without its content, once WhatsApp acknowledged that. 202 where that took longer than `wait` seconds. In a group an admin may take back what others wrote.
         *
         *     Needs a key with the role `agent` or above.
         */
        delete: operations["revokeMessage"];
        options?: never;
        head?: never;
        /**
         * Edit a text of this account
         * @description The edit is sent behind what waits in its chat, also after a restart. 200 with the message as it reads now once WhatsApp acknowledged it; 202 with the message as it still reads where that took longer than `wait` seconds. One that has not left yet is changed before anybody sees it.
         *
         *     Needs a key with the role `agent` or above.
         */
        patch: operations["editMessage"];
        trace?: never;
    };
    "/sessions/{id}/chats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Chats, the one with the newest message first
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["listChats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/contacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * People this session knows, in the order in which they became known
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["listContacts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/chats/{chatId}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tell the senders that their messages were read
         * @description All that came in since the last time, at most 1,000, or those that are named; here everything up to the newest of them counts as read then.
         *
         *     Needs a key with the role `agent` or above.
         */
        post: operations["markChatRead"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/chats/{chatId}/typing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show that this account writes or records, or that it stopped
         * @description Needs a key with the role `agent` or above.
         */
        post: operations["setTyping"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/chats/{chatId}/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Be told when somebody is online or writes: `presence.updated`
         * @description Counts until the session is disconnected. WhatsApp tells only those who are shown as online themselves.
         *
         *     Needs a key with the role `agent` or above.
         */
        post: operations["subscribePresence"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show this account as online, or not
         * @description While it is shown as online its phone tells of nothing that comes in.
         *
         *     Needs a key with the role `agent` or above.
         */
        post: operations["setPresence"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/numbers/{phone}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether a number is on WhatsApp
         * @description A Brazilian mobile number is asked for with and without its ninth digit.
         *
         *     Needs a key with the role `agent` or above.
         */
        get: operations["lookUpNumber"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The groups that this account is in
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["listGroups"];
        put?: never;
        /**
         * Create a group
         * @description Who does not let everybody add him is not among the participants of the answer: send him the invite. A participant who is not on WhatsApp is refused before the group is made.
         *
         *     Needs a key with the role `agent` or above.
         */
        post: operations["createGroup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/groups/{groupId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One group with its participants
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["getGroup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change subject, description and settings
         * @description Needs a key with the role `agent` or above.
         */
        patch: operations["patchGroup"];
        trace?: never;
    };
    "/sessions/{id}/groups/{groupId}/participants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add, remove, promote or demote people
         * @description The answer says of each what became of it; one who could not be added does not keep the others out.
         *
         *     Needs a key with the role `agent` or above.
         */
        post: operations["changeParticipants"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/groups/{groupId}/leave": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Leave a group
         * @description Needs a key with the role `agent` or above.
         */
        post: operations["leaveGroup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/groups/{groupId}/invite": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The address by which people join
         * @description Needs a key with the role `agent` or above.
         */
        get: operations["getGroupInvite"];
        put?: never;
        post?: never;
        /**
         * Make the invite void; the answer is the new one
         * @description Needs a key with the role `agent` or above.
         */
        delete: operations["revokeGroupInvite"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/groups/join": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Join a group by its invite
         * @description Needs a key with the role `agent` or above.
         */
        post: operations["joinGroup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/media": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload a file to send
         * @description As `multipart/form-data` with a part named `file`, or the bytes themselves with their media type. The answer's `id` is the `uploadId` of messages: one upload serves as many as you like. Removed after 24 hours where no message named it.
         *
         *     Needs a key with the role `agent` or above.
         */
        post: operations["uploadMedia"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/messages/{id}/media": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where the file of a message is
         * @description An address that is good for an hour. A file that is not here yet is fetched now, however large: 202, and `message.media` tells when it came.
         *
         *     Needs a key with the role `viewer` or above.
         */
        get: operations["getMessageMedia"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/media/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The file itself, at a signed address
         * @description What `GET /messages/:id/media` answers leads here. What a browser could run comes as an attachment.
         */
        get: operations["fetchMedia"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events after a cursor, oldest first; or the newest first; kept for 7 days
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events live, as server-sent events
         * @description With `Last-Event-ID` (the `seq` of the last event seen) it begins with what was missed. `event:` is the type, `id:` the `seq`, `data:` the envelope. Where some of what was missed is kept no more, it begins with `event: gap` and `{after, oldest, newest}`.
         *
         *     Needs a key with the role `viewer` or above.
         */
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/evolution/hooks/{instance}/{secret}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * For Evolution API servers: the webhook of one instance
         * @description It is set by the engine `evolution`, with a secret of its own for every instance. Answered when what it tells of is stored.
         */
        post: operations["evolutionHook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The tenants; for an admin the own one
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["listTenants"];
        put?: never;
        /**
         * Create a tenant
         * @description Needs a key with the role `master` or above.
         */
        post: operations["createTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One tenant
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["getTenant"];
        put?: never;
        post?: never;
        /**
         * Delete a tenant that has no sessions, with its users and keys
         * @description Needs a key with the role `master` or above.
         */
        delete: operations["deleteTenant"];
        options?: never;
        head?: never;
        /**
         * Change name or limits of a tenant
         * @description Needs a key with the role `master` or above.
         */
        patch: operations["patchTenant"];
        trace?: never;
    };
    "/tenants/{id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop everything of a tenant; nothing is deleted
         * @description Needs a key with the role `master` or above.
         */
        post: operations["suspendTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a suspended tenant go on; its sessions that shall run start again
         * @description Needs a key with the role `master` or above.
         */
        post: operations["resumeTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The users
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["listUsers"];
        put?: never;
        /**
         * Create a user with a password; an invitation lets him choose it himself
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["createUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A one-time link by which somebody becomes a user; you hand it over
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["inviteUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One user
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["getUser"];
        put?: never;
        post?: never;
        /**
         * Delete a user; he is logged out everywhere
         * @description Needs a key with the role `admin` or above.
         */
        delete: operations["deleteUser"];
        options?: never;
        head?: never;
        /**
         * Change name or role of a user, or keep him out
         * @description Needs a key with the role `admin` or above.
         */
        patch: operations["patchUser"];
        trace?: never;
    };
    "/users/{id}/reset-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A one-time link by which a user sets a new password; he is logged out everywhere when he does
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["resetPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The API keys, without the keys themselves
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Create an API key; the key itself is in this answer only
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One API key, without the key itself
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["getApiKey"];
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description Needs a key with the role `admin` or above.
         */
        delete: operations["deleteApiKey"];
        options?: never;
        head?: never;
        /**
         * Change name, sessions or expiry of an API key
         * @description Needs a key with the role `admin` or above.
         */
        patch: operations["patchApiKey"];
        trace?: never;
    };
    "/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who changed what, newest first; as JSON lines with `Accept: application/jsonl`
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in with e-mail and password
         * @description The refresh token comes as a cookie that scripts cannot read. Five failures for an account from one address, or fifty from one address, are refused for 15 minutes.
         */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A new access token, by the cookie of the login
         * @description The cookie is replaced each time. One that was used before ends the login: somebody has a copy.
         */
        post: operations["refreshLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Log out, by the cookie of the login or its access token */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who calls
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["whoAmI"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change the own password; all other logins end
         * @description Needs a key with the role `viewer` or above.
         */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where one is logged in
         * @description Needs a key with the role `viewer` or above.
         */
        get: operations["listLogins"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logins/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End a login of one’s own
         * @description Needs a key with the role `viewer` or above.
         */
        delete: operations["revokeLogin"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/ticket": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A ticket that opens one Socket.IO connection within a minute, in place of a token
         * @description Needs a key with the role `viewer` or above.
         */
        post: operations["createTicket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make the first owner, by the token that the log showed at the first start */
        post: operations["setUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Accept an invitation, or set a new password, by the token of a one-time link */
        post: operations["acceptLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List webhooks, the newest last
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Have events sent to an address, from now on
         * @description Signed as Standard Webhooks say: see docs/webhooks.md for how to verify. A key for some sessions names one of them with `sessionId`. Private addresses are refused unless `WEBHOOK_ALLOW_PRIVATE` names them.
         *
         *     Needs a key with the role `admin` or above.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One webhook
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /**
         * Remove a webhook and what waits for it
         * @description Needs a key with the role `admin` or above.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /**
         * Change a webhook; what waits goes to the new address
         * @description Needs a key with the role `admin` or above.
         */
        patch: operations["patchWebhook"];
        trace?: never;
    };
    "/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an event `webhook.test` now, once, and say what the receiver answered
         * @description Also while the webhook is paused or disabled. It is in no log.
         *
         *     Needs a key with the role `admin` or above.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What became of each event, the newest first; kept for 7 days
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/deliveries/{deliveryId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One delivery, with what is sent
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/deliveries/{deliveryId}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deliver one again, now; one that waits for its retry is tried at once
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["replayDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deliver again what happened in a time, each event once
         * @description Every event of that time that fits the webhook now, also from before it existed; those that are still pending are left as they are. Events are kept for 7 days.
         *
         *     Needs a key with the role `admin` or above.
         */
        post: operations["replayWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A new secret; for 24 hours calls are signed with the old one as well
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hold deliveries back; they wait until `resume`, at most 7 days
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["pauseWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Go on after a pause, or after it was disabled
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["resumeWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What sessions did lately, in all and each by itself
         * @description Without `minutes`: in the last hour. A master that names no tenant gets all of them, a key for some sessions those. What was counted survives restarts and crashes, and is kept for 7 days. Webhooks count for the session whose event they carry.
         *
         *     Needs a key with the role `viewer` or above.
         */
        get: operations["getStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/whatsapp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a session without starting it
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["createWhatsapp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/whatsapp/{id}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start the session
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["activateWhatsapp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/whatsapp/{id}/qr": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The QR code, as `GET /sessions/:id/qr`
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["getWhatsappQr"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/whatsapp/{id}/send-message": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a text
         * @description Needs a key with the role `agent` or above.
         */
        post: operations["sendWhatsappMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}/send": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a text
         * @description Needs a key with the role `agent` or above.
         */
        post: operations["sendFromSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhook/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a text through the named session, or the default one
         * @description Without `sessionId` the session named `SESSION_NAME` is meant, or the only one there is. `WEBHOOK_ENABLED=false` takes this route away.
         *
         *     Needs a key with the role `agent` or above.
         */
        post: operations["sendWebhookTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/whatsapp/disconnect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a session; it stays linked
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["disconnectWhatsapp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/whatsapp/force-logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Unlink the device; the configuration stays
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["forceLogoutWhatsapp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/whatsapp/cleanup-all": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete all sessions of a tenant; with a master key and no `reseller_id`, of the installation
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["cleanupAllWhatsapp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/phones": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The simulated phones
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["listSandboxPhones"];
        put?: never;
        /**
         * A person with a simulated phone
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["createSandboxPhone"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/phones/{phone}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One simulated phone with its linked devices
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["getSandboxPhone"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * The person takes another name or number, or shows or hides the number
         * @description A new number keeps LID, chats and groups; linked devices are unlinked, groups and contacts are told. A name, and a number that is shown, are learnt from the next message; with `announce` the number at once.
         *
         *     Needs a key with the role `admin` or above.
         */
        patch: operations["changeSandboxPhone"];
        trace?: never;
    };
    "/sandbox/phones/{phone}/scan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The phone scans a QR code, or that of a session
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["scanWithSandboxPhone"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/phones/{phone}/link-code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The phone types a pairing code
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["typeLinkCode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/phones/{phone}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the phone's screen shows, decrypted
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["readSandboxScreen"];
        put?: never;
        /**
         * The phone writes a message
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["writeFromSandboxPhone"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/phones/{phone}/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The person takes the phone up or puts it away, or types in a chat
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["setSandboxPresence"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/phones/{phone}/presences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whom the phone has a chat with: who is online, and who typed
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["listSandboxPresences"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/phones/{phone}/media": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the phone and its sessions have left on the media host, and how often it was fetched
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["listSandboxFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/phones/{phone}/devices/{device}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * The phone unlinks a device, or `all`
         * @description Needs a key with the role `admin` or above.
         */
        delete: operations["unlinkSandboxDevice"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/faults": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The faults that are set
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["listSandboxFaults"];
        put?: never;
        /**
         * Make the network misbehave; without a target for a master only
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["createSandboxFault"];
        /**
         * Clear the faults
         * @description Needs a key with the role `admin` or above.
         */
        delete: operations["clearSandboxFaults"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The groups of simulated phones, those that sessions founded too
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["listSandboxGroups"];
        put?: never;
        /**
         * A group of simulated phones
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["createSandboxGroup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One group with its members
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["getSandboxGroup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * A phone changes the subject, the description or the settings of a group
         * @description Needs a key with the role `admin` or above.
         */
        patch: operations["changeSandboxGroup"];
        trace?: never;
    };
    "/sandbox/groups/{id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Phones are added, removed, promoted or demoted, leave or join
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["changeSandboxMembers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/phones/{phone}/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The calls that the phone made or got, and what sessions said to them
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["listSandboxCalls"];
        put?: never;
        /**
         * The phone calls somebody, or a group
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["ringFromSandboxPhone"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/phones/{phone}/calls/{call}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The phone that called hangs up, or nobody answered in time
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["endSandboxCall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/phones/{phone}/restriction": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the network holds the account back from
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["getSandboxRestriction"];
        put?: never;
        /**
         * The network holds the account back until a time, and tells its sessions so
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["restrictSandboxPhone"];
        /**
         * Everything is allowed again
         * @description Needs a key with the role `admin` or above.
         */
        delete: operations["liftSandboxRestriction"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/newsletters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The newsletters with their followers
         * @description Needs a key with the role `admin` or above.
         */
        get: operations["listSandboxNewsletters"];
        put?: never;
        /**
         * A newsletter that phones follow
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["createSandboxNewsletter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/newsletters/{id}/followers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Phones follow it, or no longer
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["followSandboxNewsletter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/newsletters/{id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The newsletter publishes a text
         * @description Needs a key with the role `admin` or above.
         */
        post: operations["publishInSandboxNewsletter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Error: {
            error: {
                /** @enum {string} */
                code: "validation_failed" | "unauthorized" | "forbidden" | "wrong_password" | "tenant_suspended" | "quota_exceeded" | "route_not_found" | "session_not_found" | "chat_not_found" | "message_not_found" | "quoted_message_not_found" | "tenant_not_found" | "user_not_found" | "api_key_not_found" | "login_not_found" | "email_taken" | "tenant_not_empty" | "last_owner" | "already_set_up" | "link_invalid" | "events_gone" | "session_name_taken" | "session_not_connected" | "qr_unavailable" | "pairing_code_unavailable" | "session_linked" | "session_busy" | "receipt_not_found" | "cleanup_not_found" | "media_not_found" | "media_gone" | "media_address_invalid" | "range_not_satisfiable" | "media_too_large" | "media_refused" | "media_unavailable" | "webhook_not_found" | "delivery_not_found" | "request_too_slow" | "body_too_large" | "unsupported_media_type" | "idempotency_key_reused" | "message_failed" | "message_unchangeable" | "recipient_not_on_whatsapp" | "daily_limit_reached" | "new_chats_restricted" | "sending_restricted" | "too_many_requests" | "internal_error" | "not_supported_by_engine" | "whatsapp_refused" | "sandbox_unavailable" | "database_unavailable" | "disk_full" | "whatsapp_unavailable" | "phone_not_found" | "phone_exists" | "device_not_found" | "not_a_sandbox_session" | "sandbox_refused";
                /** @description For people; may change. Programs go by `code`. */
                message: string;
                details: {
                    [key: string]: unknown;
                };
            };
        };
        ReadinessCheck: {
            ok: boolean;
            /** @description In plain words */
            detail: string;
            /** @description Why it is not ok; null: it is. no_answer: it took longer than 2 s · database_unavailable · disk_full · slow: the process was behind by 1 s or more · no_engine: none is usable here · failed: the log says why */
            code: ("no_answer" | "database_unavailable" | "disk_full" | "slow" | "no_engine" | "failed") | null;
            /**
             * @description What was measured: of `eventLoop` `lagMs` now and `worstLagMs` of the last 30 s; of `engines` how many are `usable` and `known`; of `sessions` how many are in each state, and `degraded`
             * @example {
             *       "lagMs": 0,
             *       "worstLagMs": 12
             *     }
             */
            figures: {
                [key: string]: number;
            };
        };
        EngineInfo: {
            /** @enum {string} */
            engine: "baileys" | "webjs" | "evolution";
            /** @description Whether sessions of it can be created here now */
            usable: boolean;
            /** @description Of what carries its sessions, where it is known */
            version: string | null;
            /** @description What is not here, where it is not usable */
            missing: string | null;
            /** @description What to do about it */
            help: string | null;
            /** @description What it can do; anything else is answered 501 */
            capabilities: string[];
        };
        CreateSession: {
            /**
             * @description Unique in the tenant without regard to case
             * @example shop-1
             */
            name?: string;
            /**
             * @description Another word for `name`
             * @example shop-1
             */
            sessionId?: string;
            /** @enum {string} */
            engine?: "baileys" | "webjs" | "evolution";
            /**
             * @description Fixed at creation
             * @enum {string}
             */
            network?: "whatsapp" | "sandbox";
            /** @default true */
            start?: boolean;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId?: string;
            engineOptions?: components["schemas"]["EngineOptions"];
            /** @description Webhooks of this session, made with it; they go with it too */
            webhooks?: components["schemas"]["SessionWebhook"][];
            label?: string | null;
            /** @description Whether a logout by WhatsApp removes the session; null: as the server is configured */
            autoCleanupOnLogout?: boolean | null;
            /**
             * @description IANA name
             * @example America/Sao_Paulo
             */
            timeZone?: string;
            limits?: components["schemas"]["SetLimits"];
            ignore?: {
                groups?: boolean;
                status?: boolean;
                newsletters?: boolean;
            };
            /** @description Whether texts such as `!ping`, `!help` and `!info` are answered, with `groups` in groups too; null: as the server is configured */
            commands?: {
                enabled?: boolean | null;
                prefix?: string | null;
                groups?: boolean | null;
            };
            /** @description Engine webjs: whether its browser runs without a window, from its next start on; null: as the server is configured */
            headless?: boolean | null;
            /**
             * @description http, https or socks5, with user and password where it wants them. The only way out of this session, for messages and for media: it never connects without it. A change counts from the next connection on. null: none
             * @example socks5://user:password@proxy.example:1080
             */
            proxy?: string | null;
            /** @description Your own values, kept with the session: up to 50, strings up to 1,024 characters */
            metadata?: {
                [key: string]: string | number | boolean | null;
            };
        };
        /** @description Of the engine `evolution`: a server of its own for this session, fixed at creation. Without it: the one that the operator configured */
        EngineOptions: {
            /**
             * @description Of the Evolution API server
             * @example https://evolution.example
             */
            url: string;
            /** @description Its global API key; not shown again */
            apiKey: string;
        };
        SessionWebhook: {
            /**
             * @description https or http, without a user name
             * @example https://example.com/whatsapp
             */
            url: string;
            /** @description Types, groups or `*`. One that names `session.qr` exactly gets the QR code itself with it, while it is on show. */
            events: string[];
            /** @description Sent with each call. Their values are kept encrypted and never shown again. */
            headers?: {
                [key: string]: string;
            };
            /**
             * @description Signs the calls. Made where there is none.
             * @example whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
             */
            secret?: string;
            /** @description Whether a failed delivery holds back what follows in its chat until it is delivered or dead. Otherwise it steps aside for its retry. */
            strictOrder?: boolean;
        };
        /** @description null: no limit; what is not named stays */
        SetLimits: {
            /** @description More than that wait for their minute: they are accepted and leave later */
            perMinute?: number | null;
            /** @description Messages that are accepted for a day, from midnight to midnight of the session's time zone, whatever becomes of them; reactions, votes, edits and revokes do not count */
            perDay?: number | null;
            /** @description Of these, messages to people with whom this account never exchanged one, in either direction */
            perDayNewChats?: number | null;
            /** @description Between two messages of the session: at least so long */
            minDelayMs?: number | null;
            /** @description At most so long; how long is drawn at random each time */
            maxDelayMs?: number | null;
            warmup?: {
                startPerDay: number;
                days: number;
            } | null;
        };
        CreatedSession: {
            /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            name: string;
            label: string | null;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            /** @enum {string} */
            engine: "baileys" | "webjs" | "evolution";
            /** @enum {string} */
            network: "whatsapp" | "sandbox";
            timeZone: string;
            /**
             * @description What people asked for
             * @enum {string}
             */
            desired: "running" | "stopped";
            state: components["schemas"]["SessionStateName"];
            /**
             * Format: date-time
             * @description When this state began
             * @example 2026-11-21T09:30:00.000Z
             */
            stateSince: string;
            cause: components["schemas"]["Cause"] | null;
            /** @description Only while connected */
            health: components["schemas"]["Health"] | null;
            /** @description Whether credentials of a phone are stored */
            linked: boolean;
            account: components["schemas"]["Account"] | null;
            limits: components["schemas"]["Limits"];
            restriction: components["schemas"]["Restriction"] | null;
            ignore: components["schemas"]["Ignore"];
            /** @description null: as the server is configured */
            autoCleanupOnLogout: boolean | null;
            /** @description Chat commands; `groups`: in groups too. null: as the server is configured */
            commands: {
                enabled: boolean | null;
                prefix: string | null;
                groups: boolean | null;
            };
            /** @description Engine webjs: whether its browser has no window. null: as the server is configured */
            headless: boolean | null;
            /** @description Its password is not shown */
            proxy: string | null;
            /** @description Your own values, kept with the session: up to 50, strings up to 1,024 characters */
            metadata: {
                [key: string]: string | number | boolean | null;
            };
            /** @description While waiting: the next attempt */
            retryAt: string | null;
            /** @description While waiting: the number of the next attempt; while linking: of the QR code */
            attempt: number | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            updatedAt: string;
            connectedAt: string | null;
            nodeId: string | null;
            /** @description Where webhooks were made with it: with their secrets, this once */
            webhooks?: components["schemas"]["WebhookWithSecret"][];
        };
        /**
         * @description stopped: not running · connecting: an engine run is opening · linking: waits for a scan or a pairing code · connected: logged in and one query was answered · waiting: dropped, reconnects by itself at `retryAt` · logged_out: WhatsApp unlinked this device · failed: a person must act, `cause` says why · deleting: will finish, also after a restart
         * @enum {string}
         */
        SessionStateName: "stopped" | "connecting" | "linking" | "connected" | "waiting" | "logged_out" | "failed" | "deleting";
        Cause: {
            /** @enum {string} */
            code: "restart_required" | "logged_out" | "logged_out_by_user" | "pairing_rejected" | "passkey_required" | "banned_until" | "banned" | "client_outdated" | "multidevice_mismatch" | "replaced" | "link_expired" | "connection_lost" | "unknown" | "credentials_corrupted" | "untrusted_server" | "display_missing" | "open_timeout" | "remote_unreachable" | "remote_answer_invalid" | "remote_license_required" | "remote_key_refused" | "remote_refused" | "remote_instance_lost" | "unavailable" | "stopped_by_user" | "restarted_by_user";
            /** @description In plain words: what happened and what helps */
            message: string;
            /** @description WhatsApp's or the library's own code or text, where there was one */
            raw: string | null;
            /** @description The end of a temporary ban */
            until: string | null;
        };
        Health: {
            /** @enum {string} */
            status: "ok" | "degraded";
            cause: string | null;
        };
        Account: {
            /** @description Digits without "+" */
            phoneNumber: string;
            jid: string;
            lid: string | null;
            pushName: string | null;
        };
        /** @description null: no limit */
        Limits: {
            /** @description More than that wait for their minute: they are accepted and leave later */
            perMinute: number | null;
            /** @description Messages that are accepted for a day, from midnight to midnight of the session's time zone, whatever becomes of them; reactions, votes, edits and revokes do not count */
            perDay: number | null;
            /** @description Of these, messages to people with whom this account never exchanged one, in either direction */
            perDayNewChats: number | null;
            /** @description Between two messages of the session: at least so long */
            minDelayMs: number | null;
            /** @description At most so long; how long is drawn at random each time */
            maxDelayMs: number | null;
            warmup: components["schemas"]["Warmup"] | null;
        };
        /** @description For numbers that are new: the daily limit is `startPerDay` on the day the phone is linked and rises evenly to `perDay` on day `days`; `perDayNewChats` rises in the same proportion, from no less than one */
        Warmup: {
            startPerDay: number;
            days: number;
        };
        /** @description What WhatsApp itself forbids this account for a time */
        Restriction: {
            /**
             * @description new_chats: no message to people with whom none was exchanged yet; replies go on · all: no message
             * @enum {string}
             */
            scope: "new_chats" | "all";
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            since: string;
            /** @description null: WhatsApp does not say; it is tried again 24 h after the last sign of it */
            until: string | null;
            reason: string;
        };
        /** @description Traffic that is received but not passed on */
        Ignore: {
            groups: boolean;
            status: boolean;
            newsletters: boolean;
        };
        WebhookWithSecret: {
            /** @example whk_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            /** @description null: events of all sessions of the tenant */
            sessionId: string | null;
            url: string;
            events: string[];
            /** @description Names; the values are hidden */
            headers: {
                [key: string]: string;
            };
            strictOrder: boolean;
            state: components["schemas"]["WebhookState"];
            /** @description Why it is disabled */
            cause: components["schemas"]["WebhookCause"] | null;
            /** @description The first failure since the last success */
            failingSince: string | null;
            /** @description Until then calls are signed with the secret before as well */
            oldSecretUntil: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            updatedAt: string;
            /** @description Shown this once */
            secret: string;
        };
        /**
         * @description active: called · paused: events wait until `resume` · disabled: not called any more, `cause` says why; what happens meanwhile is not kept for it, `replay` brings it
         * @enum {string}
         */
        WebhookState: "active" | "paused" | "disabled";
        WebhookCause: {
            /**
             * @description gone: the receiver answered 410 · failing: nothing but failures for five days · secret_unreadable: its secret was encrypted with a key that this server no longer has; rotate the secret
             * @enum {string}
             */
            code: "gone" | "failing" | "secret_unreadable";
            /** @description In plain words: what happened and what helps */
            message: string;
        };
        Session: {
            /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            name: string;
            label: string | null;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            /** @enum {string} */
            engine: "baileys" | "webjs" | "evolution";
            /** @enum {string} */
            network: "whatsapp" | "sandbox";
            timeZone: string;
            /**
             * @description What people asked for
             * @enum {string}
             */
            desired: "running" | "stopped";
            state: components["schemas"]["SessionStateName"];
            /**
             * Format: date-time
             * @description When this state began
             * @example 2026-11-21T09:30:00.000Z
             */
            stateSince: string;
            cause: components["schemas"]["Cause"] | null;
            /** @description Only while connected */
            health: components["schemas"]["Health"] | null;
            /** @description Whether credentials of a phone are stored */
            linked: boolean;
            account: components["schemas"]["Account"] | null;
            limits: components["schemas"]["Limits"];
            restriction: components["schemas"]["Restriction"] | null;
            ignore: components["schemas"]["Ignore"];
            /** @description null: as the server is configured */
            autoCleanupOnLogout: boolean | null;
            /** @description Chat commands; `groups`: in groups too. null: as the server is configured */
            commands: {
                enabled: boolean | null;
                prefix: string | null;
                groups: boolean | null;
            };
            /** @description Engine webjs: whether its browser has no window. null: as the server is configured */
            headless: boolean | null;
            /** @description Its password is not shown */
            proxy: string | null;
            /** @description Your own values, kept with the session: up to 50, strings up to 1,024 characters */
            metadata: {
                [key: string]: string | number | boolean | null;
            };
            /** @description While waiting: the next attempt */
            retryAt: string | null;
            /** @description While waiting: the number of the next attempt; while linking: of the QR code */
            attempt: number | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            updatedAt: string;
            connectedAt: string | null;
            nodeId: string | null;
        };
        SessionStatus: {
            /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            name: string;
            state: components["schemas"]["SessionStateName"];
            /** @description Whether a message sent now would leave now */
            ready: boolean;
            cause: components["schemas"]["Cause"] | null;
            health: components["schemas"]["Health"] | null;
            /**
             * Format: date-time
             * @description When this state began
             * @example 2026-11-21T09:30:00.000Z
             */
            since: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            retryAt?: string;
            account?: components["schemas"]["Account"];
            restriction?: components["schemas"]["Restriction"];
            lastInboundAt: string | null;
            lastOutboundAt: string | null;
        };
        /** @description `null` clears a setting */
        PatchSession: {
            label?: string | null;
            /** @description Whether a logout by WhatsApp removes the session; null: as the server is configured */
            autoCleanupOnLogout?: boolean | null;
            timeZone?: string | null;
            limits?: components["schemas"]["SetLimits"] | null;
            ignore?: {
                groups?: boolean;
                status?: boolean;
                newsletters?: boolean;
            } | null;
            commands?: {
                enabled?: boolean | null;
                prefix?: string | null;
                groups?: boolean | null;
            } | null;
            /** @description Engine webjs: whether its browser runs without a window, from its next start on; null: as the server is configured */
            headless?: boolean | null;
            /**
             * @description http, https or socks5, with user and password where it wants them. The only way out of this session, for messages and for media: it never connects without it. A change counts from the next connection on. null: none
             * @example socks5://user:password@proxy.example:1080
             */
            proxy?: string | null;
            metadata?: {
                [key: string]: string | number | boolean | null;
            } | null;
        };
        Receipt: {
            /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            sessionId: string;
            /**
             * @description confirmed: WhatsApp removed this device · unconfirmed: it could not be asked or did not answer; remove the device on the phone · not_linked: there was nothing to unlink
             * @enum {string}
             */
            unlinked: "confirmed" | "unconfirmed" | "not_linked";
            steps: {
                /** @enum {string} */
                name: "logout" | "close_engine" | "wipe_credentials" | "remove_remote" | "verify_remote" | "remove_files" | "remove_rows";
                /**
                 * @description pending: still to do, it goes on by itself, also after a restart · skipped: nothing to do here · failed: given up, `detail` says why
                 * @enum {string}
                 */
                outcome: "pending" | "done" | "skipped" | "failed";
                detail?: string;
                /** @description How long it took */
                ms: number;
            }[];
        };
        CleanupRequest: {
            /**
             * @description For a master key: only this tenant; without it, all
             * @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            tenantId?: string;
            /** @description Only sessions in these states */
            states?: components["schemas"]["SessionStateName"][];
            /**
             * @description Only say what would be deleted
             * @default false
             */
            dryRun?: boolean;
        };
        CleanupResult: {
            /** @description Whether every session was deleted */
            ok: boolean;
            deleted: number;
            remoteInstancesDeleted: number;
            orphansRemoved: number;
            errors: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                sessionId: string;
                name: string;
                error: string;
            }[];
            receipts: components["schemas"]["Receipt"][];
        };
        CleanupPreview: {
            /** @constant */
            dryRun: true;
            total: number;
            /** @description What would be deleted */
            sessions: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
                /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                tenantId: string;
                state: components["schemas"]["SessionStateName"];
                phoneNumber: string | null;
            }[];
        };
        CleanupProgress: {
            id: string;
            done: boolean;
            total: number;
            /** @description How many of `total` have ended */
            finished: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            startedAt: string;
            /** @description Null until `done` */
            result: components["schemas"]["CleanupResult"] | null;
        };
        Qr: {
            /** @description What the QR code says; shown as a QR code it is scanned by the phone */
            qr: string;
            /** @description The QR code as a picture, a data URL */
            png: string;
            attempt: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            expiresAt: string;
        };
        PairingCode: {
            /** @example ABCD-1234 */
            code: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            expiresAt: string;
        };
        Capabilities: {
            /** @enum {string} */
            engine: "baileys" | "webjs" | "evolution";
            capabilities: string[];
        };
        CreatePairingLink: {
            /**
             * @description How long the link may be opened
             * @default 3600
             */
            expiresInSeconds?: number;
        };
        OneTimeLink: {
            /** @description Opens once, without an account */
            url: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            expiresAt: string;
        };
        OpenPairingLink: {
            token: string;
            /**
             * @description Start the session where it does not run, so that it shows a code
             * @default false
             */
            show?: boolean;
            /**
             * @description Seconds to wait for a code
             * @default 0
             */
            wait?: number;
        };
        PairingPage: {
            /** @description The label of the session, or its name */
            name: string;
            /** @description A phone was linked: the link has done its work */
            linked: boolean;
            state: components["schemas"]["SessionStateName"];
            cause: string | null;
            qr: components["schemas"]["Qr"] | null;
            /**
             * Format: date-time
             * @description Of the link
             * @example 2026-11-21T09:30:00.000Z
             */
            expiresAt: string;
        };
        SendMessage: {
            /** @constant */
            type?: "text";
            /**
             * @description A phone number in any usual writing, a JID or LID, or the id of a group
             * @example +55 11 98765-4321
             */
            to: string;
            /**
             * @description The message to reply to
             * @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            quoted?: string;
            /** @description Shown as forwarded */
            forwarded?: boolean;
            /** @description It disappears so long after it was read; without it as the last message of the chat */
            ephemeralSeconds?: number;
            /** @description Ends as `expired` where it could not be sent within so many seconds; without it `MESSAGE_EXPIRY_MS` */
            expirySeconds?: number;
            text: string;
            /** @description Phone numbers, JIDs or LIDs; the text names them as @number */
            mentions?: string[];
            /** @description true: made from the first address in the text, which the server fetches; or what to show */
            linkPreview?: boolean | {
                url: string;
                title?: string | null;
                description?: string | null;
            };
        } | {
            /** @constant */
            type: "image";
            /**
             * @description A phone number in any usual writing, a JID or LID, or the id of a group
             * @example +55 11 98765-4321
             */
            to: string;
            /**
             * @description The message to reply to
             * @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            quoted?: string;
            /** @description Shown as forwarded */
            forwarded?: boolean;
            /** @description It disappears so long after it was read; without it as the last message of the chat */
            ephemeralSeconds?: number;
            /** @description Ends as `expired` where it could not be sent within so many seconds; without it `MESSAGE_EXPIRY_MS` */
            expirySeconds?: number;
            media: components["schemas"]["SendMedia"];
            caption?: string;
            /** @description Phone numbers, JIDs or LIDs; the text names them as @number */
            mentions?: string[];
            viewOnce?: boolean;
        } | {
            /** @constant */
            type: "video";
            /**
             * @description A phone number in any usual writing, a JID or LID, or the id of a group
             * @example +55 11 98765-4321
             */
            to: string;
            /**
             * @description The message to reply to
             * @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            quoted?: string;
            /** @description Shown as forwarded */
            forwarded?: boolean;
            /** @description It disappears so long after it was read; without it as the last message of the chat */
            ephemeralSeconds?: number;
            /** @description Ends as `expired` where it could not be sent within so many seconds; without it `MESSAGE_EXPIRY_MS` */
            expirySeconds?: number;
            media: components["schemas"]["SendMedia"];
            caption?: string;
            /** @description Phone numbers, JIDs or LIDs; the text names them as @number */
            mentions?: string[];
            viewOnce?: boolean;
            gif?: boolean;
        } | {
            /** @constant */
            type: "audio";
            /**
             * @description A phone number in any usual writing, a JID or LID, or the id of a group
             * @example +55 11 98765-4321
             */
            to: string;
            /**
             * @description The message to reply to
             * @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            quoted?: string;
            /** @description Shown as forwarded */
            forwarded?: boolean;
            /** @description It disappears so long after it was read; without it as the last message of the chat */
            ephemeralSeconds?: number;
            /** @description Ends as `expired` where it could not be sent within so many seconds; without it `MESSAGE_EXPIRY_MS` */
            expirySeconds?: number;
            media: components["schemas"]["SendMedia"];
        } | {
            /** @constant */
            type: "voice";
            /**
             * @description A phone number in any usual writing, a JID or LID, or the id of a group
             * @example +55 11 98765-4321
             */
            to: string;
            /**
             * @description The message to reply to
             * @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            quoted?: string;
            /** @description Shown as forwarded */
            forwarded?: boolean;
            /** @description It disappears so long after it was read; without it as the last message of the chat */
            ephemeralSeconds?: number;
            /** @description Ends as `expired` where it could not be sent within so many seconds; without it `MESSAGE_EXPIRY_MS` */
            expirySeconds?: number;
            media: components["schemas"]["SendMedia"];
            viewOnce?: boolean;
            seconds?: number;
            /** @description What the bars of the message show: up to 64 values */
            waveform?: number[];
        } | {
            /** @constant */
            type: "document";
            /**
             * @description A phone number in any usual writing, a JID or LID, or the id of a group
             * @example +55 11 98765-4321
             */
            to: string;
            /**
             * @description The message to reply to
             * @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            quoted?: string;
            /** @description Shown as forwarded */
            forwarded?: boolean;
            /** @description It disappears so long after it was read; without it as the last message of the chat */
            ephemeralSeconds?: number;
            /** @description Ends as `expired` where it could not be sent within so many seconds; without it `MESSAGE_EXPIRY_MS` */
            expirySeconds?: number;
            media: components["schemas"]["SendMedia"];
            caption?: string;
            /** @description Phone numbers, JIDs or LIDs; the text names them as @number */
            mentions?: string[];
        } | {
            /** @constant */
            type: "sticker";
            /**
             * @description A phone number in any usual writing, a JID or LID, or the id of a group
             * @example +55 11 98765-4321
             */
            to: string;
            /**
             * @description The message to reply to
             * @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            quoted?: string;
            /** @description Shown as forwarded */
            forwarded?: boolean;
            /** @description It disappears so long after it was read; without it as the last message of the chat */
            ephemeralSeconds?: number;
            /** @description Ends as `expired` where it could not be sent within so many seconds; without it `MESSAGE_EXPIRY_MS` */
            expirySeconds?: number;
            media: components["schemas"]["SendMedia"];
        } | {
            /** @constant */
            type: "location";
            /**
             * @description A phone number in any usual writing, a JID or LID, or the id of a group
             * @example +55 11 98765-4321
             */
            to: string;
            /**
             * @description The message to reply to
             * @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            quoted?: string;
            /** @description Shown as forwarded */
            forwarded?: boolean;
            /** @description It disappears so long after it was read; without it as the last message of the chat */
            ephemeralSeconds?: number;
            /** @description Ends as `expired` where it could not be sent within so many seconds; without it `MESSAGE_EXPIRY_MS` */
            expirySeconds?: number;
            latitude: number;
            longitude: number;
            name?: string;
            address?: string;
        } | {
            /** @constant */
            type: "contact";
            /**
             * @description A phone number in any usual writing, a JID or LID, or the id of a group
             * @example +55 11 98765-4321
             */
            to: string;
            /**
             * @description The message to reply to
             * @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            quoted?: string;
            /** @description Shown as forwarded */
            forwarded?: boolean;
            /** @description It disappears so long after it was read; without it as the last message of the chat */
            ephemeralSeconds?: number;
            /** @description Ends as `expired` where it could not be sent within so many seconds; without it `MESSAGE_EXPIRY_MS` */
            expirySeconds?: number;
            contacts: {
                name: string;
                phoneNumber?: string;
                /** @description Without it: made of name and number */
                vcard?: string;
            }[];
        } | {
            /** @constant */
            type: "poll";
            /**
             * @description A phone number in any usual writing, a JID or LID, or the id of a group
             * @example +55 11 98765-4321
             */
            to: string;
            /**
             * @description The message to reply to
             * @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            quoted?: string;
            /** @description Shown as forwarded */
            forwarded?: boolean;
            /** @description It disappears so long after it was read; without it as the last message of the chat */
            ephemeralSeconds?: number;
            /** @description Ends as `expired` where it could not be sent within so many seconds; without it `MESSAGE_EXPIRY_MS` */
            expirySeconds?: number;
            question: string;
            options: string[];
            /** @description 1 without it; 0: as many as there are */
            selectable?: number;
        } | {
            /** @constant */
            type: "reaction";
            /**
             * @description Not needed: the chat of the message
             * @example +55 11 98765-4321
             */
            to?: string;
            /** @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            messageId: string;
            /** @description null or "" takes the reaction back */
            emoji: string | null;
            /** @description Ends as `expired` where it could not be sent within so many seconds; without it `MESSAGE_EXPIRY_MS` */
            expirySeconds?: number;
        } | {
            /** @constant */
            type: "poll_vote";
            /**
             * @description Not needed: the chat of the poll
             * @example +55 11 98765-4321
             */
            to?: string;
            /** @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            messageId: string;
            /** @description The whole vote; empty takes it back */
            options: string[];
            /** @description Ends as `expired` where it could not be sent within so many seconds; without it `MESSAGE_EXPIRY_MS` */
            expirySeconds?: number;
        };
        SendMedia: {
            /** @description http or https; fetched by the server */
            url?: string;
            base64?: string;
            /**
             * @description What `POST /media` answered
             * @example med_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            uploadId?: string;
            /** @description Without it: as the source says, or as the content looks */
            mimetype?: string;
            filename?: string;
        };
        SentMessage: {
            /** @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            waId: string;
            to: components["schemas"]["Identity"];
            status: components["schemas"]["MessageStatus"];
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            timestamp: string;
        };
        Identity: {
            /** @description Digits without "+" */
            phoneNumber: string | null;
            lid: string | null;
            jid: string;
            /** @description Whether phone number and LID are both known */
            resolved: boolean;
        };
        /** @enum {string} */
        MessageStatus: "queued" | "sending" | "sent" | "delivered" | "read" | "played" | "failed" | "expired" | "cancelled";
        Message: {
            /** @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description WhatsApp's own id */
            waId: string;
            /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            sessionId: string;
            /** @enum {string} */
            direction: "in" | "out";
            /** @description JID of the person (its LID while the number is not known) or group */
            chat: string;
            from: components["schemas"]["Identity"];
            /** @description This account, the person, or the group it was written to */
            to: components["schemas"]["Identity"];
            /** @enum {string} */
            type: "text" | "image" | "video" | "audio" | "voice" | "document" | "sticker" | "location" | "contact" | "poll" | "reaction" | "edit" | "revoke" | "poll_vote" | "revoked" | "undecryptable" | "unsupported";
            content: components["schemas"]["MessageContent"];
            /**
             * @description The quoted message, where this session has it
             * @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            quotedId?: string;
            status: components["schemas"]["MessageStatus"];
            error?: {
                /** @enum {string} */
                code: "validation_failed" | "unauthorized" | "forbidden" | "wrong_password" | "tenant_suspended" | "quota_exceeded" | "route_not_found" | "session_not_found" | "chat_not_found" | "message_not_found" | "quoted_message_not_found" | "tenant_not_found" | "user_not_found" | "api_key_not_found" | "login_not_found" | "email_taken" | "tenant_not_empty" | "last_owner" | "already_set_up" | "link_invalid" | "events_gone" | "session_name_taken" | "session_not_connected" | "qr_unavailable" | "pairing_code_unavailable" | "session_linked" | "session_busy" | "receipt_not_found" | "cleanup_not_found" | "media_not_found" | "media_gone" | "media_address_invalid" | "range_not_satisfiable" | "media_too_large" | "media_refused" | "media_unavailable" | "webhook_not_found" | "delivery_not_found" | "request_too_slow" | "body_too_large" | "unsupported_media_type" | "idempotency_key_reused" | "message_failed" | "message_unchangeable" | "recipient_not_on_whatsapp" | "daily_limit_reached" | "new_chats_restricted" | "sending_restricted" | "too_many_requests" | "internal_error" | "not_supported_by_engine" | "whatsapp_refused" | "sandbox_unavailable" | "database_unavailable" | "disk_full" | "whatsapp_unavailable" | "phone_not_found" | "phone_exists" | "device_not_found" | "not_a_sandbox_session" | "sandbox_refused" | "restricted" | "refused" | "outcome_unknown";
                reason: string;
            };
            /** @description It waited at WhatsApp while this session was away */
            offline?: boolean;
            forwarded?: boolean;
            viewOnce?: boolean;
            /** @description It disappears so many seconds after it was read */
            ephemeralSeconds?: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            editedAt?: string;
            /**
             * Format: date-time
             * @description Taken back by its sender; what it said is gone
             * @example 2026-11-21T09:30:00.000Z
             */
            revokedAt?: string;
            reactions?: components["schemas"]["Reaction"][];
            pollResults?: components["schemas"]["PollResult"][];
            /**
             * Format: date-time
             * @description In: the sender's time. Out: the time WhatsApp acknowledged, before that the time it was accepted
             * @example 2026-11-21T09:30:00.000Z
             */
            timestamp: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
        };
        MessageContent: {
            /** @constant */
            type: "text";
            text: string;
            /** @description JIDs or LIDs */
            mentions: string[];
            linkPreview?: components["schemas"]["LinkPreview"] | null;
        } | {
            /** @constant */
            type: "image";
            caption: string | null;
            /** @description JIDs or LIDs */
            mentions: string[];
            media: components["schemas"]["Media"];
        } | {
            /** @constant */
            type: "video";
            caption: string | null;
            /** @description JIDs or LIDs */
            mentions: string[];
            gif: boolean;
            media: components["schemas"]["Media"];
        } | {
            /** @constant */
            type: "audio";
            media: components["schemas"]["Media"];
        } | {
            /** @constant */
            type: "voice";
            media: components["schemas"]["Media"];
        } | {
            /** @constant */
            type: "document";
            caption: string | null;
            /** @description JIDs or LIDs */
            mentions: string[];
            media: components["schemas"]["Media"];
        } | {
            /** @constant */
            type: "sticker";
            animated: boolean;
            media: components["schemas"]["Media"];
        } | {
            /** @constant */
            type: "location";
            latitude: number;
            longitude: number;
            name: string | null;
            address: string | null;
            live: boolean;
        } | {
            /** @constant */
            type: "contact";
            contacts: components["schemas"]["ContactCard"][];
        } | {
            /** @constant */
            type: "poll";
            question: string;
            options: string[];
            /** @description How many may be chosen; 0: as many as there are */
            selectable: number;
        } | {
            /** @constant */
            type: "reaction";
            /** @description The message it is about; null where this session does not have it */
            messageId: string | null;
            /** @description null takes the reaction back */
            emoji: string | null;
        } | {
            /** @constant */
            type: "edit";
            /** @description The message it is about; null where this session does not have it */
            messageId: string | null;
            text: string;
            /** @description JIDs or LIDs */
            mentions: string[];
        } | {
            /** @constant */
            type: "revoke";
            /** @description The message it is about; null where this session does not have it */
            messageId: string | null;
        } | {
            /** @constant */
            type: "poll_vote";
            /** @description The message it is about; null where this session does not have it */
            messageId: string | null;
            options: string[];
        } | {
            /** @constant */
            type: "revoked";
        } | {
            /** @constant */
            type: "undecryptable";
            /** @description Why; the content follows in `message.received` when the sender sends it again */
            reason: string;
        } | {
            /** @constant */
            type: "unsupported";
            /** @description The protocol's own name of the kind */
            kind: string;
        };
        LinkPreview: {
            url: string;
            title: string | null;
            description: string | null;
        };
        Media: {
            /** @example med_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /**
             * @description pending: on its way; `message.media` tells when it is here · stored: at `GET /messages/:id/media` · gone: removed, or no longer to be had · failed: could not be fetched
             * @enum {string}
             */
            state: "pending" | "stored" | "gone" | "failed";
            mimetype: string;
            filename: string | null;
            /** @description Bytes */
            size: number | null;
            /** @description Of the whole file, hex */
            sha256: string | null;
            width: number | null;
            height: number | null;
            /** @description Length of audio and video */
            seconds: number | null;
            /** @description Of voice messages: 64 values from 0 to 100 */
            waveform: number[] | null;
        };
        ContactCard: {
            name: string;
            /** @description As written in the card */
            phoneNumbers: string[];
            vcard: string;
        };
        Reaction: {
            /** @description JID */
            from: string;
            emoji: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            at: string;
        };
        PollResult: {
            option: string;
            /** @description JIDs */
            voters: string[];
        };
        EditMessage: {
            text: string;
            /** @description Phone numbers, JIDs or LIDs; the text names them as @number */
            mentions?: string[];
        };
        Chat: {
            /** @description JID of the person (its LID while the number is not known), group or channel */
            id: string;
            /** @enum {string} */
            kind: "person" | "group" | "newsletter";
            /** @description What a person calls himself, or the subject of a group */
            name: string | null;
            /** @description null where it is no person */
            contact: components["schemas"]["Identity"] | null;
            unreadCount: number;
            /** @description As its newest message: how long messages stay after they were read; null: for good */
            ephemeralSeconds: number | null;
            /** @description null where it was removed by its age */
            lastMessage: components["schemas"]["Message"] | null;
        };
        Contact: {
            /** @description Digits without "+" */
            phoneNumber: string | null;
            lid: string | null;
            jid: string;
            /** @description Whether phone number and LID are both known */
            resolved: boolean;
            /** @description What he calls himself */
            pushName: string | null;
        };
        MarkRead: {
            /** @description Without it: all that came in and was not read yet */
            messageIds?: string[];
        };
        SetTyping: {
            /** @enum {string} */
            state: "composing" | "recording" | "paused";
            /** @description It ends by itself after so long, at most two minutes */
            ms?: number;
        };
        Typing: {
            chat: string;
            /** @enum {string} */
            state: "composing" | "recording" | "paused";
            /** @description When it ends by itself */
            until: string | null;
        };
        /** @description `presence.updated` tells of this chat while the session stays connected */
        PresenceSubscription: {
            chat: string;
        };
        SetPresence: {
            /** @description Whether this account is shown as online */
            available: boolean;
            /** @description Only for so long, at most two minutes; then as it was shown last without this, offline at first */
            ms?: number;
        };
        ShownPresence: {
            /** @description Whether this account is shown as online */
            available: boolean;
            /** @description When it ends by itself */
            until: string | null;
        };
        NumberOnWhatsApp: {
            /** @description Digits without "+", as WhatsApp has it: in Brazil it may have the ninth digit where the one that was asked for has not, or the reverse */
            phoneNumber: string;
            exists: boolean;
            jid: string | null;
            lid: string | null;
        };
        Group: {
            /**
             * @description JID
             * @example 120363025246125486@g.us
             */
            id: string;
            subject: string;
            description: string | null;
            owner: components["schemas"]["Identity"] | null;
            createdAt: string | null;
            /** @description Only admins may write */
            announce: boolean;
            /** @description Only admins may change subject and description */
            locked: boolean;
            participants: components["schemas"]["GroupParticipant"][];
        };
        GroupParticipant: {
            /** @description Digits without "+" */
            phoneNumber: string | null;
            lid: string | null;
            jid: string;
            /** @description Whether phone number and LID are both known */
            resolved: boolean;
            /** @enum {string} */
            role: "member" | "admin" | "owner";
        };
        CreateGroup: {
            subject: string;
            /** @description Phone numbers in any usual writing, JIDs or LIDs */
            participants: string[];
            description?: string | null;
            announce?: boolean;
            locked?: boolean;
        };
        /** @description What is not named stays */
        PatchGroup: {
            subject?: string;
            description?: string | null;
            /** @description Only admins may write */
            announce?: boolean;
            /** @description Only admins may change subject and description */
            locked?: boolean;
        };
        ChangeParticipants: {
            /** @enum {string} */
            action: "add" | "remove" | "promote" | "demote";
            /** @description Phone numbers in any usual writing, JIDs or LIDs */
            participants: string[];
        };
        ParticipantOutcome: {
            /** @description Digits without "+" */
            phoneNumber: string | null;
            lid: string | null;
            jid: string;
            /** @description Whether phone number and LID are both known */
            resolved: boolean;
            /**
             * @description done · invite_only: does not let everybody add him; send him the invite · not_on_whatsapp · already_in: is in the group · not_in: is not · refused: see `code`
             * @enum {string}
             */
            outcome: "done" | "invite_only" | "not_on_whatsapp" | "already_in" | "not_in" | "refused";
            /** @description WhatsApp's own number; null where it was not asked */
            code: number | null;
        };
        GroupReference: {
            groupId: string;
        };
        GroupInvite: {
            code: string;
            /** @example https://chat.whatsapp.com/ABCDEFGHIJKLMNOPQRSTUV */
            url: string;
        };
        JoinGroup: {
            /** @description The code, or the whole address with it */
            invite: string;
        };
        Upload: {
            /** @example med_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            mimetype: string;
            filename: string | null;
            /** @description Bytes */
            size: number | null;
            /** @description Of the whole file, hex */
            sha256: string | null;
            width: number | null;
            height: number | null;
            /** @description Length of audio and video */
            seconds: number | null;
            /** @description Of voice messages: 64 values from 0 to 100 */
            waveform: number[] | null;
            /**
             * Format: date-time
             * @description Until then messages may name it; those that do keep the file
             * @example 2026-11-21T09:30:00.000Z
             */
            expiresAt: string;
        };
        MediaAddress: {
            /** @example med_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /**
             * @description pending: on its way; `message.media` tells when it is here · stored: at `GET /messages/:id/media` · gone: removed, or no longer to be had · failed: could not be fetched
             * @enum {string}
             */
            state: "pending" | "stored" | "gone" | "failed";
            mimetype: string;
            filename: string | null;
            /** @description Bytes */
            size: number | null;
            /** @description Of the whole file, hex */
            sha256: string | null;
            width: number | null;
            height: number | null;
            /** @description Length of audio and video */
            seconds: number | null;
            /** @description Of voice messages: 64 values from 0 to 100 */
            waveform: number[] | null;
            /** @description Needs no key; answers GET and HEAD, also for a part of the file (`Range`) */
            url: string;
            /**
             * Format: date-time
             * @description The address is good until then; ask again for another
             * @example 2026-11-21T09:30:00.000Z
             */
            expiresAt: string;
        };
        Event: {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "session.created";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                session: components["schemas"]["Session"];
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "session.state_changed";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                from: components["schemas"]["SessionStateName"];
                to: components["schemas"]["SessionStateName"];
                cause: components["schemas"]["Cause"] | null;
                retryAt: string | null;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "session.qr";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                attempt: number;
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 * @example 2026-11-21T09:30:00.000Z
                 */
                expiresAt: string;
                /** @description Only in webhooks that name `session.qr`, while it is on show */
                qr?: string;
                /** @description Where `qr` is: the code as a picture, a data URL */
                png?: string;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "session.pairing_code";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 * @example 2026-11-21T09:30:00.000Z
                 */
                expiresAt: string;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "session.connected";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                account: components["schemas"]["Account"];
                /** @description Whether it is the first time since the account was linked */
                first: boolean;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "session.disconnected";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                cause: components["schemas"]["Cause"];
                retryAt: string | null;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "session.logged_out";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                cause: components["schemas"]["Cause"];
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "session.auth_corrupted";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                cause: components["schemas"]["Cause"];
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "session.failed";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                cause: components["schemas"]["Cause"];
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "session.health_changed";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                health: components["schemas"]["Health"];
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "session.deleted";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                /**
                 * @description confirmed: WhatsApp removed this device · unconfirmed: it could not be asked or did not answer; remove the device on the phone · not_linked: there was nothing to unlink
                 * @enum {string}
                 */
                unlinked: "confirmed" | "unconfirmed" | "not_linked";
                /** @description How far the cleanup is that deleted it */
                cleanup: {
                    id: string;
                    total: number;
                    /** @description How many of `total` have ended */
                    finished: number;
                } | null;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "orphan.found";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                /** @description `credentials`, `folder`, … */
                kind: string;
                what: string;
                /** @description Only what carries our own mark is removed */
                removed: boolean;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "message.received";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                message: components["schemas"]["Message"];
                pushName: string | null;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "message.sent";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                message: components["schemas"]["Message"];
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "message.status";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                /** @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                messageId: string;
                waId: string;
                chat: string;
                status: components["schemas"]["MessageStatus"];
                error?: {
                    /** @enum {string} */
                    code: "validation_failed" | "unauthorized" | "forbidden" | "wrong_password" | "tenant_suspended" | "quota_exceeded" | "route_not_found" | "session_not_found" | "chat_not_found" | "message_not_found" | "quoted_message_not_found" | "tenant_not_found" | "user_not_found" | "api_key_not_found" | "login_not_found" | "email_taken" | "tenant_not_empty" | "last_owner" | "already_set_up" | "link_invalid" | "events_gone" | "session_name_taken" | "session_not_connected" | "qr_unavailable" | "pairing_code_unavailable" | "session_linked" | "session_busy" | "receipt_not_found" | "cleanup_not_found" | "media_not_found" | "media_gone" | "media_address_invalid" | "range_not_satisfiable" | "media_too_large" | "media_refused" | "media_unavailable" | "webhook_not_found" | "delivery_not_found" | "request_too_slow" | "body_too_large" | "unsupported_media_type" | "idempotency_key_reused" | "message_failed" | "message_unchangeable" | "recipient_not_on_whatsapp" | "daily_limit_reached" | "new_chats_restricted" | "sending_restricted" | "too_many_requests" | "internal_error" | "not_supported_by_engine" | "whatsapp_refused" | "sandbox_unavailable" | "database_unavailable" | "disk_full" | "whatsapp_unavailable" | "phone_not_found" | "phone_exists" | "device_not_found" | "not_a_sandbox_session" | "sandbox_refused" | "restricted" | "refused" | "outcome_unknown";
                    reason: string;
                };
                /** @description Who received or read it */
                by: components["schemas"]["Identity"] | null;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "message.edited";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                messageId: string | null;
                waId: string;
                chat: string;
                from: components["schemas"]["Identity"];
                text: string;
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 * @example 2026-11-21T09:30:00.000Z
                 */
                timestamp: string;
                message: components["schemas"]["Message"] | null;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "message.revoked";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                messageId: string | null;
                waId: string;
                chat: string;
                by: components["schemas"]["Identity"];
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "message.reaction";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                messageId: string | null;
                waId: string;
                chat: string;
                from: components["schemas"]["Identity"];
                emoji: string | null;
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 * @example 2026-11-21T09:30:00.000Z
                 */
                timestamp: string;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "message.poll_vote";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                messageId: string | null;
                waId: string;
                chat: string;
                from: components["schemas"]["Identity"];
                options: string[];
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 * @example 2026-11-21T09:30:00.000Z
                 */
                timestamp: string;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "message.media";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                /** @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                messageId: string;
                waId: string;
                chat: string;
                media: components["schemas"]["Media"];
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "message.undecryptable";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                /** @example msg_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                messageId: string;
                waId: string;
                chat: string;
                from: components["schemas"]["Identity"];
                reason: string;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "presence.updated";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                chat: string;
                from: components["schemas"]["Identity"];
                /** @enum {string} */
                state: "available" | "unavailable" | "composing" | "recording" | "paused";
                lastSeenAt: string | null;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "contact.updated";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                contact: components["schemas"]["Identity"];
                pushName: string | null;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "contact.identity_resolved";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                contact: components["schemas"]["Identity"];
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "group.updated";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                groupId: string;
                group: components["schemas"]["Group"] | null;
                by: components["schemas"]["Identity"] | null;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "group.participants";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                groupId: string;
                /** @enum {string} */
                action: "add" | "remove" | "leave" | "promote" | "demote";
                participants: components["schemas"]["Identity"][];
                by: components["schemas"]["Identity"] | null;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "call.received";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                callId: string;
                from: components["schemas"]["Identity"];
                groupId: string | null;
                video: boolean;
                /** @enum {string} */
                status: "ringing" | "accepted" | "rejected" | "missed" | "ended";
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "limit.reached";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            };
            data: {
                /** @enum {string} */
                limit: "perMinute" | "perDay" | "perDayNewChats" | "restricted" | "messagesPerDay" | "mediaBytes";
                /** @description null where nobody can say until when */
                resetsAt: string | null;
                reason: string | null;
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "webhook.disabled";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            } | null;
            data: {
                /** @example whk_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                webhookId: string;
                url: string;
                cause: components["schemas"]["WebhookCause"];
            };
        } | {
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description Grows per installation; the cursor of every channel */
            seq: number;
            /** @constant */
            type: "webhook.test";
            /** @constant */
            version: 1;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            occurredAt: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            } | null;
            data: {
                /** @example whk_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                webhookId: string;
            };
        };
        CreateTenant: {
            name: string;
            limits?: {
                /** @description How many sessions there may be */
                sessions?: number | null;
                /** @description How many messages may be sent in a day (UTC), over all sessions. Reactions, edits and revokes do not count; what was accepted does, whatever becomes of it */
                messagesPerDay?: number | null;
                /** @description How many bytes of files may be kept; the same bytes count once. Over it uploads are refused, and files of received messages are not fetched: their messages arrive, and the files can be asked for when there is room */
                mediaBytes?: number | null;
            };
        };
        Tenant: {
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            name: string;
            limits: components["schemas"]["TenantLimits"];
            usage: components["schemas"]["TenantUsage"];
            /** @description Since when nothing of it runs and nobody of it may call */
            suspendedAt: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
        };
        /** @description null: no limit */
        TenantLimits: {
            /** @description How many sessions there may be */
            sessions: number | null;
            /** @description How many messages may be sent in a day (UTC), over all sessions. Reactions, edits and revokes do not count; what was accepted does, whatever becomes of it */
            messagesPerDay: number | null;
            /** @description How many bytes of files may be kept; the same bytes count once. Over it uploads are refused, and files of received messages are not fetched: their messages arrive, and the files can be asked for when there is room */
            mediaBytes: number | null;
        };
        /** @description What there is of what can be limited */
        TenantUsage: {
            sessions: number;
            /** @description Accepted since midnight UTC; null where `messagesPerDay` is not limited: they are not counted */
            messagesToday: number | null;
            mediaBytes: number;
        };
        /** @description `limits: null` lifts all */
        PatchTenant: {
            name?: string;
            limits?: {
                /** @description How many sessions there may be */
                sessions?: number | null;
                /** @description How many messages may be sent in a day (UTC), over all sessions. Reactions, edits and revokes do not count; what was accepted does, whatever becomes of it */
                messagesPerDay?: number | null;
                /** @description How many bytes of files may be kept; the same bytes count once. Over it uploads are refused, and files of received messages are not fetched: their messages arrive, and the files can be asked for when there is room */
                mediaBytes?: number | null;
            } | null;
        };
        CreateUser: {
            /**
             * @description Compared without regard to case
             * @example ana@example.com
             */
            email: string;
            name?: string | null;
            role: components["schemas"]["Role"];
            password: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId?: string;
        };
        /**
         * @description viewer: reads · agent: sends and reads · admin: everything in one tenant · master: the whole installation. QR codes are for admin and master
         * @enum {string}
         */
        Role: "viewer" | "agent" | "admin" | "master";
        User: {
            /** @example usr_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description null: the whole installation */
            tenantId: string | null;
            email: string;
            name: string | null;
            role: components["schemas"]["Role"];
            disabled: boolean;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
            lastLoginAt: string | null;
        };
        Invite: {
            /**
             * @description Compared without regard to case
             * @example ana@example.com
             */
            email: string;
            role: components["schemas"]["Role"];
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId?: string;
        };
        PatchUser: {
            name?: string | null;
            role?: components["schemas"]["Role"];
            disabled?: boolean;
        };
        CreateApiKey: {
            name: string;
            role: components["schemas"]["Role"];
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId?: string;
            /** @description Ids or names: the key reaches these only */
            sessions?: string[] | null;
            expiresAt?: string | null;
        };
        NewApiKey: {
            /** @example key_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description null: the whole installation */
            tenantId: string | null;
            name: string;
            role: components["schemas"]["Role"];
            /** @description Only these; null: all of the tenant */
            sessions: string[] | null;
            /** @description How the key begins, to tell keys apart */
            hint: string;
            expiresAt: string | null;
            /** @description To the minute */
            lastUsedAt: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
            /** @description Shown this once */
            key: string;
        };
        ApiKey: {
            /** @example key_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description null: the whole installation */
            tenantId: string | null;
            name: string;
            role: components["schemas"]["Role"];
            /** @description Only these; null: all of the tenant */
            sessions: string[] | null;
            /** @description How the key begins, to tell keys apart */
            hint: string;
            expiresAt: string | null;
            /** @description To the minute */
            lastUsedAt: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
        };
        /** @description `null` clears a setting */
        PatchApiKey: {
            name?: string;
            /** @description Ids or names: the key reaches these only */
            sessions?: string[] | null;
            expiresAt?: string | null;
        };
        AuditEntry: {
            /** @example aud_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            at: string;
            /** @description Whose object it was; null: the installation */
            tenantId: string | null;
            actor: {
                /** @enum {string} */
                kind: "key" | "user" | "environment_key" | "link" | "nobody";
                id: string | null;
                name: string | null;
            };
            /**
             * @description The operation, as the API reference names it
             * @example deleteSession
             */
            action: string;
            /** @description The id or name in the path, or the id of what was created; of a cleanup its scope and how many sessions that were */
            object: string | null;
            /** @description Where the call came from */
            address: string | null;
            /** @description The HTTP status of the answer */
            outcome: number;
        };
        LoggedIn: {
            /** @description For `Authorization: Bearer`, and for Socket.IO */
            accessToken: string;
            /** @description Seconds */
            expiresIn: number;
            user: components["schemas"]["User"];
        };
        Login: {
            /** @example lgn_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            address: string | null;
            userAgent: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            lastUsedAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            expiresAt: string;
            /** @description The one this call was made with */
            current: boolean;
        };
        CreateWebhook: {
            /**
             * @description https or http, without a user name
             * @example https://example.com/whatsapp
             */
            url: string;
            /** @description Types, groups or `*`. One that names `session.qr` exactly gets the QR code itself with it, while it is on show. */
            events: string[];
            /** @description Sent with each call. Their values are kept encrypted and never shown again. */
            headers?: {
                [key: string]: string;
            };
            /**
             * @description Signs the calls. Made where there is none.
             * @example whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
             */
            secret?: string;
            /** @description Whether a failed delivery holds back what follows in its chat until it is delivered or dead. Otherwise it steps aside for its retry. */
            strictOrder?: boolean;
            /** @description Id or name; only events of this session, and the webhook goes with it */
            sessionId?: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId?: string;
        };
        Webhook: {
            /** @example whk_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @example ten_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            tenantId: string;
            /** @description null: events of all sessions of the tenant */
            sessionId: string | null;
            url: string;
            events: string[];
            /** @description Names; the values are hidden */
            headers: {
                [key: string]: string;
            };
            strictOrder: boolean;
            state: components["schemas"]["WebhookState"];
            /** @description Why it is disabled */
            cause: components["schemas"]["WebhookCause"] | null;
            /** @description The first failure since the last success */
            failingSince: string | null;
            /** @description Until then calls are signed with the secret before as well */
            oldSecretUntil: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            updatedAt: string;
        };
        /** @description `headers` are replaced as a whole; null takes them away */
        PatchWebhook: {
            /**
             * @description https or http, without a user name
             * @example https://example.com/whatsapp
             */
            url?: string;
            /** @description Types, groups or `*`. One that names `session.qr` exactly gets the QR code itself with it, while it is on show. */
            events?: string[];
            headers?: {
                [key: string]: string;
            } | null;
            /** @description Whether a failed delivery holds back what follows in its chat until it is delivered or dead. Otherwise it steps aside for its retry. */
            strictOrder?: boolean;
        };
        WebhookTestResult: {
            delivered: boolean;
            /** @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            eventId: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            at: string;
            /** @description How long it took */
            ms: number;
            /** @description What the receiver answered; null: nothing */
            status: number | null;
            /** @description Why it failed, in plain words */
            error: string | null;
            /** @description Why it failed; null: it did not, or it was made before this was kept */
            code: components["schemas"]["DeliveryFailure"] | null;
            /** @description The beginning of the receiver's answer */
            body: string | null;
        };
        /**
         * @description http_status: the receiver answered neither 2xx nor 3xx, `status` says what · redirect: it answered 3xx, which is not followed · timeout: no answer in time · connect_timeout: no connection in time · connection_refused: nothing listens there · connection_reset, connection_closed: it ended the connection before it answered · connection_failed: the connection failed otherwise · host_unreachable: no way leads to the host or its network · name_not_found: its name could not be looked up · address_invalid: not an address to call · address_refused: private or reserved, see `WEBHOOK_ALLOW_PRIVATE` · certificate_expired · certificate_mismatch: its certificate is of another host · certificate_untrusted: nobody who is trusted has signed it · tls_failed: no secure connection could be made · answer_invalid: what came is no HTTP answer · shutting_down: this server was ending · server_fault: a fault of this server
         * @enum {string}
         */
        DeliveryFailure: "http_status" | "redirect" | "timeout" | "connect_timeout" | "connection_refused" | "connection_reset" | "connection_closed" | "connection_failed" | "host_unreachable" | "name_not_found" | "address_invalid" | "address_refused" | "certificate_expired" | "certificate_mismatch" | "certificate_untrusted" | "tls_failed" | "answer_invalid" | "shutting_down" | "server_fault";
        /**
         * @description pending: not delivered yet · delivered: the receiver answered 2xx · dead: given up, `replay` tries again
         * @enum {string}
         */
        DeliveryStatus: "pending" | "delivered" | "dead";
        Delivery: {
            /** @example dlv_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @example whk_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            webhookId: string;
            /**
             * @description The `webhook-id` of every attempt
             * @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            eventId: string;
            seq: number;
            /** @enum {string} */
            type: "session.created" | "session.state_changed" | "session.qr" | "session.pairing_code" | "session.connected" | "session.disconnected" | "session.logged_out" | "session.auth_corrupted" | "session.failed" | "session.health_changed" | "session.deleted" | "orphan.found" | "message.received" | "message.sent" | "message.status" | "message.edited" | "message.revoked" | "message.reaction" | "message.poll_vote" | "message.media" | "message.undecryptable" | "presence.updated" | "contact.updated" | "contact.identity_resolved" | "group.updated" | "group.participants" | "call.received" | "limit.reached" | "webhook.disabled" | "webhook.test";
            /** @description Of the event, as it was called then */
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            } | null;
            status: components["schemas"]["DeliveryStatus"];
            /** @description The last 20, oldest first */
            attempts: components["schemas"]["DeliveryAttempt"][];
            /** @description While pending; null where it waits for an earlier one of its chat */
            nextAttemptAt: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
        };
        DeliveryAttempt: {
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            at: string;
            /** @description How long it took */
            ms: number;
            /** @description What the receiver answered; null: nothing */
            status: number | null;
            /** @description Why it failed, in plain words */
            error: string | null;
            /** @description Why it failed; null: it did not, or it was made before this was kept */
            code: components["schemas"]["DeliveryFailure"] | null;
            /** @description The beginning of the receiver's answer */
            body: string | null;
        };
        DeliveryWithRequest: {
            /** @example dlv_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @example whk_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            webhookId: string;
            /**
             * @description The `webhook-id` of every attempt
             * @example evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC
             */
            eventId: string;
            seq: number;
            /** @enum {string} */
            type: "session.created" | "session.state_changed" | "session.qr" | "session.pairing_code" | "session.connected" | "session.disconnected" | "session.logged_out" | "session.auth_corrupted" | "session.failed" | "session.health_changed" | "session.deleted" | "orphan.found" | "message.received" | "message.sent" | "message.status" | "message.edited" | "message.revoked" | "message.reaction" | "message.poll_vote" | "message.media" | "message.undecryptable" | "presence.updated" | "contact.updated" | "contact.identity_resolved" | "group.updated" | "group.participants" | "call.received" | "limit.reached" | "webhook.disabled" | "webhook.test";
            /** @description Of the event, as it was called then */
            session: {
                /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                id: string;
                name: string;
            } | null;
            status: components["schemas"]["DeliveryStatus"];
            /** @description The last 20, oldest first */
            attempts: components["schemas"]["DeliveryAttempt"][];
            /** @description While pending; null where it waits for an earlier one of its chat */
            nextAttemptAt: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
            request: components["schemas"]["DeliveryRequest"];
        };
        /** @description As the webhook is now: attempts before a change of its address or headers went by those of their time */
        DeliveryRequest: {
            /** @constant */
            method: "POST";
            url: string;
            /** @description Beside those that every call has. `webhook-timestamp` is that of the last attempt and absent before the first; signature and own headers are hidden */
            headers: {
                [key: string]: string;
            };
            /** @description The event, byte for byte. A QR code that went along is kept nowhere and so does not stand here */
            body: string;
        };
        ReplayRequest: {
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            from: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            to: string;
            /**
             * @description dead: only deliveries that were given up · any: every event that fits the webhook
             * @default any
             * @enum {string}
             */
            status?: "dead" | "any";
        };
        Stats: {
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            from: string;
            /**
             * Format: date-time
             * @description Now: the last minute has just begun
             * @example 2026-11-21T09:30:00.000Z
             */
            to: string;
            minutes: number;
            total: components["schemas"]["StatsTotal"];
            /** @description With `minutes`: each of them, oldest first, of what `total` counts */
            series: components["schemas"]["StatsMinute"][] | null;
            data: components["schemas"]["SessionStats"][];
            nextCursor: string | null;
        };
        /** @description Of all sessions asked for, also of those that are gone meanwhile */
        StatsTotal: {
            /** @description As they are now */
            sessions: {
                count: number;
                byState: {
                    [key: string]: number;
                };
            };
            messages: {
                /** @description Received */
                in: number;
                /** @description Acknowledged by WhatsApp: sent here, or on another device of the account */
                out: number;
                /** @description Could not be sent, or not in their time */
                failed: number;
                /** @description On average over all minutes asked for */
                inPerMinute: number;
                outPerMinute: number;
            };
            pairings: {
                /** @description An account was linked and logged in */
                succeeded: number;
                /** @description A code was shown and not used in time, the connection was lost, or WhatsApp refused it */
                failed: number;
                /** @description From 0 to 1; null where none ended */
                successRate: number | null;
            };
            webhooks: {
                delivered: number;
                /** @description Attempts that failed, those that are tried again and the last ones */
                failedAttempts: number;
                /** @description Deliveries that were given up */
                dead: number;
                /** @description Of all attempts, from 0 to 1; null where there were none */
                successRate: number | null;
            };
        };
        StatsMinute: {
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            at: string;
            messages: {
                /** @description Received */
                in: number;
                /** @description Acknowledged by WhatsApp: sent here, or on another device of the account */
                out: number;
                /** @description Could not be sent, or not in their time */
                failed: number;
            };
            pairings: {
                /** @description An account was linked and logged in */
                succeeded: number;
                /** @description A code was shown and not used in time, the connection was lost, or WhatsApp refused it */
                failed: number;
            };
            webhooks: {
                delivered: number;
                /** @description Attempts that failed, those that are tried again and the last ones */
                failedAttempts: number;
                /** @description Deliveries that were given up */
                dead: number;
            };
        };
        SessionStats: {
            /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            sessionId: string;
            name: string;
            state: components["schemas"]["SessionStateName"];
            messages: {
                /** @description Received */
                in: number;
                /** @description Acknowledged by WhatsApp: sent here, or on another device of the account */
                out: number;
                /** @description Could not be sent, or not in their time */
                failed: number;
                /** @description On average over all minutes asked for */
                inPerMinute: number;
                outPerMinute: number;
            };
            pairings: {
                /** @description An account was linked and logged in */
                succeeded: number;
                /** @description A code was shown and not used in time, the connection was lost, or WhatsApp refused it */
                failed: number;
                /** @description From 0 to 1; null where none ended */
                successRate: number | null;
            };
            webhooks: {
                delivered: number;
                /** @description Attempts that failed, those that are tried again and the last ones */
                failedAttempts: number;
                /** @description Deliveries that were given up */
                dead: number;
                /** @description Of all attempts, from 0 to 1; null where there were none */
                successRate: number | null;
            };
        };
        ShortSession: {
            /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
            id: string;
            /** @description The name of the session */
            sessionId: string;
            /**
             * @description CONNECTING: it opens, waits for a scan or reconnects · DISCONNECTED: it does not go on by itself
             * @enum {string}
             */
            status: "DISCONNECTED" | "CONNECTING" | "CONNECTED";
        };
        SandboxPhone: {
            phoneNumber: string;
            name: string;
            lid: string;
        };
        SandboxPhoneWithDevices: {
            phoneNumber: string;
            name: string;
            lid: string;
            devices: components["schemas"]["SandboxDevice"][];
        };
        SandboxDevice: {
            device: number;
            jid: string;
            platform: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            linkedAt: string;
            online: boolean;
        };
        WriteSandboxMessage: {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type?: "text";
            text: string;
            linkPreview?: {
                url: string;
                title?: string;
                description?: string;
                thumbnail?: string;
            };
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type: "image";
            media: components["schemas"]["WriteSandboxMedia"];
            caption?: string;
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type: "video";
            media: components["schemas"]["WriteSandboxMedia"];
            caption?: string;
            gif?: boolean;
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type: "audio";
            media: components["schemas"]["WriteSandboxMedia"];
            caption?: string;
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type: "voice";
            media: components["schemas"]["WriteSandboxMedia"];
            caption?: string;
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type: "document";
            media: components["schemas"]["WriteSandboxMedia"];
            caption?: string;
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type: "sticker";
            media: components["schemas"]["WriteSandboxMedia"];
            caption?: string;
            animated?: boolean;
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type: "location";
            latitude: number;
            longitude: number;
            name?: string;
            address?: string;
            url?: string;
            live?: boolean;
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type: "contact";
            contacts: {
                name: string;
                phoneNumber?: string;
                vcard?: string;
            }[];
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type: "poll";
            question: string;
            options: string[];
            selectable?: number;
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type: "poll_vote";
            /** @description WhatsApp's id, as the screen of this phone shows it */
            messageId: string;
            options: string[];
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type: "reaction";
            /** @description WhatsApp's id, as the screen of this phone shows it */
            messageId: string;
            /** @description null or "" takes the reaction back */
            emoji: string | null;
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type: "edit";
            /** @description WhatsApp's id, as the screen of this phone shows it */
            messageId: string;
            text: string;
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            /** @description Without it as the chat is set */
            ephemeralSeconds?: number;
            /** @constant */
            type: "revoke";
            /** @description WhatsApp's id, as the screen of this phone shows it */
            messageId: string;
        } | {
            /** @description A person by number, JID or LID, or a group by its id */
            to?: string;
            /** @description In place of `to` */
            groupId?: string;
            /** @description In place of `to`: a broadcast list. With `to` "status@broadcast": who sees the status; without it those who have a chat with the phone */
            recipients?: string[];
            /** @description WhatsApp's id, as the screen of this phone shows it */
            quotedId?: string;
            mentions?: string[];
            forwarded?: boolean;
            forwardingScore?: number;
            /** @description phone_only: sessions are told that there is such a message and do not get it, as it is today */
            viewOnce?: boolean | "phone_only";
            ephemeralSeconds: number;
            /** @constant */
            type: "timer";
        };
        WriteSandboxMedia: {
            base64?: string;
            /** @description In place of `base64`: so many bytes of whatever */
            bytes?: number;
            mimetype?: string;
            filename?: string;
            seconds?: number;
            width?: number;
            height?: number;
            waveform?: number[];
            /** @description A small JPEG in base64 */
            thumbnail?: string;
        };
        SandboxMessage: {
            id: string;
            /** @description Digits without "+" */
            from: string;
            /** @description Digits without "+" */
            to: string;
            chat: string;
            /** @description text, image, video, audio, voice, document, sticker, location, contact, poll, poll_vote, reaction, edit, revoke, timer; of an unknown kind the name that the protocol has for it */
            type: string;
            text?: string;
            quotedId?: string;
            mentions?: string[];
            linkPreview?: {
                url: string;
                title?: string;
                description?: string;
            };
            caption?: string;
            media?: components["schemas"]["SandboxMedia"];
            gif?: boolean;
            animated?: boolean;
            latitude?: number;
            longitude?: number;
            name?: string;
            address?: string;
            url?: string;
            live?: boolean;
            contacts?: {
                name: string;
                vcard: string;
            }[];
            question?: string;
            /** @description Of a poll: all of them. Of a vote: those chosen now */
            options?: string[];
            selectable?: number;
            pollResults?: {
                option: string;
                voters: string[];
            }[];
            /** @description The message that a reaction, edit, revoke or vote is about */
            messageId?: string;
            /** @description null takes a reaction back */
            emoji?: string | null;
            viewOnce?: boolean;
            forwarded?: boolean;
            forwardingScore?: number;
            ephemeralSeconds?: number;
            edited?: boolean;
            revoked?: boolean;
            reactions?: {
                /** @description Digits without "+" */
                from: string;
                emoji: string;
            }[];
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            timestamp: string;
            /** @description sent, delivered, read, played; received, read, played */
            status: string;
            /** @description Of what the phone wrote to a group: what became of it at each member */
            receipts?: {
                phoneNumber: string;
                status: string;
            }[];
        };
        SandboxMedia: {
            mimetype: string;
            /** @description Bytes of the plain file, as its sender states them */
            size: number;
            /** @description Of the plain file, hex, as its sender states it */
            sha256: string;
            filename?: string;
            seconds?: number;
            width?: number;
            height?: number;
            waveform?: number[];
            /** @description Base64 */
            thumbnail?: string;
            /**
             * @description What the phone found when it fetched and decrypted the file: whether it is what its sender states
             * @enum {string}
             */
            verdict?: "intact" | "missing" | "damaged";
        };
        SetSandboxPresence: {
            /** @enum {string} */
            state: "available" | "unavailable";
        } | {
            /** @enum {string} */
            state: "composing" | "recording" | "paused";
            /** @description A person by number, JID or LID, or a group by its id */
            to: string;
        };
        SandboxPresence: {
            phoneNumber: string;
            online: boolean;
            lastSeenAt: string | null;
        };
        SandboxPerson: {
            phoneNumber: string;
            online: boolean;
            lastSeenAt: string | null;
            /** @description What the phone noticed, oldest first: of all people the last hundred */
            typing: {
                /** @description The number of who types, or the group it is in */
                chat: string;
                /** @enum {string} */
                state: "composing" | "recording" | "paused";
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 * @example 2026-11-21T09:30:00.000Z
                 */
                at: string;
            }[];
        };
        SandboxFile: {
            path: string;
            kind: string;
            /** @description Bytes, encrypted */
            size: number;
            /** @description Of the encrypted file, hex */
            sha256: string;
            /** @description The phone, or which device */
            uploadedBy: "phone" | number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            uploadedAt: string;
            downloads: number;
            gone: boolean;
        };
        CreateSandboxFault: {
            /**
             * @description drop: the TCP connection is cut · hang: the socket stays open and nothing is answered · silent: only keep-alive pings are answered, messages are held · 515, 503, replaced (440), banned (403), outdated (405), logout (401): the network ends the connection so · ack_error: a message is refused in its acknowledgement · slow: everything the network says comes later · error: any other ending · corrupt: nobody can read a message, until its author sends it once more · duplicate: a session gets a stanza twice · unavailable: a session learns only that there is a message · stale_prekey: an encrypted session begins with a key that is used up · media_gone: a file that this phone or its sessions uploaded answers 404 or 410 from its next download on · media_cut, media_slow: such a download ends in the middle, or begins late · media_refused: an upload of its sessions is refused · media_lost: the phone no longer has a file that one of its sessions asks for again
             * @enum {string}
             */
            kind: "503" | "515" | "drop" | "hang" | "silent" | "replaced" | "banned" | "outdated" | "logout" | "ack_error" | "corrupt" | "duplicate" | "unavailable" | "stale_prekey" | "slow" | "media_gone" | "media_lost" | "media_cut" | "media_slow" | "media_refused" | "error";
            sessionId?: string;
            phoneNumber?: string;
            /** @description How often it strikes: first the connections that are there, then those that come. Without it: all that are there, or else the next one. For `ack_error` and what else befalls messages how many of them (1), for `media_*` how many files (1) */
            times?: number;
            /** @description hang, silent: for how long (else for good) · slow, media_slow: by how much (1000; 0 ends slow) · error 402: how long the ban lasts (1 h) */
            ms?: number;
            /**
             * @description Only clients that are being linked, or only linked ones. `error` means linked ones without it
             * @enum {string}
             */
            phase?: "pairing" | "paired";
            /** @description For `error`; for `ack_error` 463 without it, for `media_gone` 410, for `media_refused` 503 */
            code?: number;
            /**
             * @description For `ack_error`: all messages, or only those to somebody who never wrote to this account
             * @enum {string}
             */
            to?: "all" | "cold";
            /**
             * @description For `corrupt` and `stale_prekey`: what a session receives (without it), or what it sends
             * @enum {string}
             */
            way?: "received" | "sent";
            /** @description For `unavailable`: why, in WhatsApp’s words; `view_once` without it, empty for no reason */
            type?: string;
            /**
             * @description For `duplicate`: what comes twice; messages without it
             * @enum {string}
             */
            stanza?: "message" | "receipt" | "notification" | "call";
            /**
             * @description For `duplicate`: when the second comes; at once without it
             * @enum {string}
             */
            when?: "at_once" | "after_reconnect";
            conflict?: string;
            /**
             * @description For `error`: as the refusal of a login (a connection that is there is cut, and refused when it comes back) or as the error of a stream. Without it, connections that are there get the error of the stream, but for 402, and those that come what this code is in the real network
             * @enum {string}
             */
            at?: "login" | "stream";
        };
        SandboxFault: {
            id: string;
            kind: string;
        } & {
            [key: string]: unknown;
        };
        CreateSandboxGroup: {
            subject: string;
            /** @description Phones of the sandbox */
            members: string[];
            /** @description Who founds it; without it the first of the members */
            creator?: string;
            /**
             * @description Whether members meet under their LIDs, as in groups of today, or under their numbers
             * @enum {string}
             */
            addressing?: "lid" | "pn";
        };
        SandboxGroup: {
            /** @description `…@g.us` */
            id: string;
            subject: string;
            description: string | null;
            creator: string;
            /** @enum {string} */
            addressing: "lid" | "pn";
            /** @description Only admins write */
            announce: boolean;
            /** @description Only admins change the subject and the like */
            locked: boolean;
            onlyAdminsAdd: boolean;
            /** @description Who comes by the invite link waits for an admin */
            approval: boolean;
            /** @description Seconds after which messages disappear; 0 never */
            ephemeral: number;
            inviteCode: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
            members: components["schemas"]["SandboxMember"][];
            /** @description Those who came by the link and wait for an admin */
            waiting: string[];
        };
        SandboxMember: {
            phoneNumber: string;
            lid: string | null;
            /** @enum {string} */
            role: "member" | "admin" | "superadmin";
        };
        ChangeSandboxGroup: {
            /** @description The phone that does it; without it an admin */
            by?: string;
            subject?: string;
            /** @description Empty takes it away */
            description?: string;
            announce?: boolean;
            locked?: boolean;
            onlyAdminsAdd?: boolean;
            approval?: boolean;
            ephemeral?: number;
            /** @constant */
            revokeInvite?: true;
        };
        ChangeSandboxMembers: {
            /**
             * @description `add` without it. `leave` and `join` (by the invite link) do the phones themselves; `approve` and `reject` those who wait
             * @enum {string}
             */
            action?: "add" | "remove" | "promote" | "demote" | "leave" | "join" | "approve" | "reject";
            phones: string[];
            /** @description The phone that does it; without it an admin */
            by?: string;
        };
        SandboxGroupChanged: {
            /** @description `…@g.us` */
            id: string;
            subject: string;
            description: string | null;
            creator: string;
            /** @enum {string} */
            addressing: "lid" | "pn";
            /** @description Only admins write */
            announce: boolean;
            /** @description Only admins change the subject and the like */
            locked: boolean;
            onlyAdminsAdd: boolean;
            /** @description Who comes by the invite link waits for an admin */
            approval: boolean;
            /** @description Seconds after which messages disappear; 0 never */
            ephemeral: number;
            inviteCode: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
            members: components["schemas"]["SandboxMember"][];
            /** @description Those who came by the link and wait for an admin */
            waiting: string[];
            /** @description What came of it for each phone: null, or the number of the refusal (409: is in it already; 403: guards himself, can be invited) */
            changed: {
                phoneNumber: string;
                error: number | null;
            }[];
        };
        SandboxCall: {
            id: string;
            from: string;
            /** @description A number, or a group by its id */
            to: string;
            video: boolean;
            /** @enum {string} */
            status: "ringing" | "accepted" | "rejected" | "missed" | "ended";
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            startedAt: string;
        };
        CreateSandboxRestriction: {
            /** @constant */
            kind: "reachout_lock";
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            until: string;
            /** @description WhatsApp’s word for why; `RESTRICT_ALL_COMPANIONS` without it */
            enforcementType?: string;
            /**
             * @description Refused with 463: messages to people who never wrote (`cold`), or all to persons
             * @enum {string}
             */
            scope?: "cold" | "all";
        } | {
            /** @constant */
            kind: "capping";
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            until: string;
            /** @enum {string} */
            status?: "NONE" | "FIRST_WARNING" | "SECOND_WARNING" | "CAPPED";
            used?: number;
            total?: number;
        };
        SandboxRestriction: {
            reachoutLock: {
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 * @example 2026-11-21T09:30:00.000Z
                 */
                until: string;
                enforcementType: string;
                /** @enum {string} */
                scope: "cold" | "all";
            } | null;
            capping: {
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 * @example 2026-11-21T09:30:00.000Z
                 */
                until: string;
                status: string;
                used: number;
                total: number;
            } | null;
        };
        SandboxNewsletter: {
            /** @description `…@newsletter` */
            id: string;
            name: string;
            description: string;
            invite: string;
            followers: string[];
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             * @example 2026-11-21T09:30:00.000Z
             */
            createdAt: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    healthLive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Alive */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                    };
                };
            };
        };
    };
    healthReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ready */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ready";
                        version: string;
                        /**
                         * Format: date-time
                         * @description ISO 8601, UTC
                         * @example 2026-11-21T09:30:00.000Z
                         */
                        startedAt: string;
                        checks: {
                            [key: string]: components["schemas"]["ReadinessCheck"];
                        };
                    };
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures, in the text format of Prometheus */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    getServer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The server */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        version: string;
                        /**
                         * @description Of Node.js
                         * @example 26.10.0
                         */
                        nodeVersion: string;
                        /**
                         * @description System and processor
                         * @example linux x64
                         */
                        platform: string;
                        /**
                         * Format: date-time
                         * @description ISO 8601, UTC
                         * @example 2026-11-21T09:30:00.000Z
                         */
                        startedAt: string;
                        /**
                         * @description Of sessions that are made without one: `DEFAULT_NETWORK`
                         * @enum {string}
                         */
                        defaultNetwork: "whatsapp" | "sandbox";
                    };
                };
            };
        };
    };
    listEngines: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The engines */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EngineInfo"][];
                        nextCursor: null;
                    };
                };
            };
        };
    };
    listSessions: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                state?: components["schemas"]["SessionStateName"];
                engine?: "baileys" | "webjs" | "evolution";
                /** @description Part of the name, label or phone number */
                q?: string;
                /** @description At most 1000; larger values are clamped */
                limit?: number;
                /** @description `nextCursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of sessions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Session"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateSession"];
            };
        };
        responses: {
            /** @description The new session */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedSession"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    deleteSession: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Gone */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receipt"];
                };
            };
            /** @description Under way; what is left is `pending` */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receipt"];
                };
            };
        };
    };
    patchSession: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchSession"];
            };
        };
        responses: {
            /** @description The session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    getSessionStatus: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The status */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionStatus"];
                };
            };
        };
    };
    startSession: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    stopSession: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    restartSession: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    logoutSession: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receipt"];
                };
            };
        };
    };
    getReceipt: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The receipt; what is not done yet is `pending` */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receipt"];
                };
            };
        };
    };
    cleanupSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CleanupRequest"];
            };
        };
        responses: {
            /** @description What was done; with `dryRun` what would be */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CleanupResult"] | components["schemas"]["CleanupPreview"];
                };
            };
            /** @description It takes longer than 15 s and goes on: see `GET /cleanups/:id` */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CleanupProgress"];
                };
            };
        };
    };
    getCleanup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The progress */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CleanupProgress"];
                };
            };
        };
    };
    getQr: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description Seconds to wait for a QR code */
                wait?: number;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The QR code: JSON, PNG, SVG, or as text what the code says */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Qr"];
                    "image/png": string;
                    "image/svg+xml": string;
                    "text/plain": string;
                };
            };
        };
    };
    requestPairingCode: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    phoneNumber: string;
                };
            };
        };
        responses: {
            /** @description The code */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PairingCode"];
                };
            };
        };
    };
    getCapabilities: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The capabilities */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Capabilities"];
                };
            };
        };
    };
    createPairingLink: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["CreatePairingLink"];
            };
        };
        responses: {
            /** @description The link */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneTimeLink"];
                };
            };
        };
    };
    revokePairingLink: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description There is none now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        ok: true;
                    };
                };
            };
        };
    };
    openPairingLink: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenPairingLink"];
            };
        };
        responses: {
            /** @description The session and its code */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PairingPage"];
                };
            };
        };
    };
    listMessages: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description JID, LID or phone number of the chat */
                chat?: string;
                status?: components["schemas"]["MessageStatus"];
                /** @description Only messages after this cursor (`nextCursor` of the page before, or a message id) */
                after?: string;
                /** @description Only messages before this cursor or message id: for the newest first */
                before?: string;
                /** @description `newest`: the newest first, and `nextCursor` is the `before` of the next page. Usual: `oldest` */
                order?: "oldest" | "newest";
                /** @description Words that a message holds, or their beginnings, in any order, without regard to case and accents. The newest first; `nextCursor` is the `before` of the next page */
                q?: string;
                /** @description At most 1000; larger values are clamped */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of messages */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Message"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    sendMessage: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description Seconds to wait for the acknowledgement */
                wait?: number;
                /** @description `queue`: where a limit of the session is used up, the message is accepted and leaves when there is room */
                onLimit?: "refuse" | "queue";
            };
            header?: {
                /** @description The same key and body give the same answer for 24 h; another body is refused */
                "idempotency-key"?: string;
            };
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SendMessage"];
                "multipart/form-data": {
                    message?: components["schemas"]["SendMessage"];
                    /** Format: binary */
                    file?: string;
                };
            };
        };
        responses: {
            /** @description WhatsApp has it */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SentMessage"];
                };
            };
            /** @description Stored, will be sent */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SentMessage"];
                };
            };
        };
    };
    getMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The message */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
        };
    };
    revokeMessage: {
        parameters: {
            query?: {
                /** @description Seconds to wait for the acknowledgement */
                wait?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The message as it stands now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description Stored, will be sent */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
        };
    };
    editMessage: {
        parameters: {
            query?: {
                /** @description Seconds to wait for the acknowledgement */
                wait?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EditMessage"];
            };
        };
        responses: {
            /** @description The message as it reads now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description Stored, will be sent */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
        };
    };
    listChats: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description At most 1000; larger values are clamped */
                limit?: number;
                /** @description `nextCursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of chats */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Chat"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    listContacts: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description At most 1000; larger values are clamped */
                limit?: number;
                /** @description `nextCursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of contacts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Contact"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    markChatRead: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
                /** @description A phone number in any usual writing, a JID or LID, or the id of a group */
                chatId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["MarkRead"];
            };
        };
        responses: {
            /** @description The chat as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Chat"];
                };
            };
        };
    };
    setTyping: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
                /** @description A phone number in any usual writing, a JID or LID, or the id of a group */
                chatId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetTyping"];
            };
        };
        responses: {
            /** @description What the chat shows now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Typing"];
                };
            };
        };
    };
    subscribePresence: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
                /** @description A phone number in any usual writing, a JID or LID, or the id of a group */
                chatId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events will come */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PresenceSubscription"];
                };
            };
        };
    };
    setPresence: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetPresence"];
            };
        };
        responses: {
            /** @description As it is shown now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownPresence"];
                };
            };
        };
    };
    lookUpNumber: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
                phone: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What WhatsApp knows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NumberOnWhatsApp"];
                };
            };
        };
    };
    listGroups: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description At most 1000; larger values are clamped */
                limit?: number;
                /** @description `nextCursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of groups */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Group"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createGroup: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateGroup"];
            };
        };
        responses: {
            /** @description The group */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
        };
    };
    getGroup: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
                groupId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The group */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
        };
    };
    patchGroup: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
                groupId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchGroup"];
            };
        };
        responses: {
            /** @description The group */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
        };
    };
    changeParticipants: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
                groupId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeParticipants"];
            };
        };
        responses: {
            /** @description What became of each */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ParticipantOutcome"][];
                        nextCursor: null;
                    };
                };
            };
        };
    };
    leaveGroup: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
                groupId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Left */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupReference"];
                };
            };
        };
    };
    getGroupInvite: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
                groupId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The invite */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupInvite"];
                };
            };
        };
    };
    revokeGroupInvite: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
                groupId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The invite */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupInvite"];
                };
            };
        };
    };
    joinGroup: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JoinGroup"];
            };
        };
        responses: {
            /** @description Joined, or asked to be let in where its admins must agree */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupReference"];
                };
            };
        };
    };
    uploadMedia: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description For bytes without a form */
                filename?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** Format: binary */
                    file: string;
                };
                "*/*": string;
            };
        };
        responses: {
            /** @description The file is stored */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
        };
    };
    getMessageMedia: {
        parameters: {
            query?: {
                /** @description Seconds to wait for a file that is not here yet */
                wait?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its address */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MediaAddress"];
                };
            };
            /** @description It is on its way */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Media"];
                };
            };
        };
    };
    fetchMedia: {
        parameters: {
            query?: {
                expires?: string;
                signature?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The part of it that `Range` asks for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description Only events with a larger `seq`; 0: from the oldest that is kept */
                after?: number;
                /** @description Comma-separated types or groups, e.g. `message.*,session.connected`. Types: session.created, session.state_changed, session.qr, session.pairing_code, session.connected, session.disconnected, session.logged_out, session.auth_corrupted, session.failed, session.health_changed, session.deleted, orphan.found, message.received, message.sent, message.status, message.edited, message.revoked, message.reaction, message.poll_vote, message.media, message.undecryptable, presence.updated, contact.updated, contact.identity_resolved, group.updated, group.participants, call.received, limit.reached, webhook.disabled, webhook.test */
                types?: string;
                sessionId?: string;
                /** @description `newest`: the newest first, and `nextCursor` is the `before` of the next page. Usual: `oldest` */
                order?: "oldest" | "newest";
                /** @description With `order=newest`: only events with a smaller `seq` */
                before?: number;
                /** @description At most 1000; larger values are clamped */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events; `nextCursor` is the `after` (or `before`) of the next call */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Event"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    streamEvents: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description As `Last-Event-ID`, for clients that cannot set headers */
                after?: number;
                types?: string;
                sessionId?: string;
            };
            header?: {
                "last-event-id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    evolutionHook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                instance: string;
                secret: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": unknown;
            };
        };
        responses: {
            /** @description Taken; `heard` is false where the session does not run now, and asks for it when it does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        ok: true;
                        heard: boolean;
                    };
                };
            };
        };
    };
    listTenants: {
        parameters: {
            query?: {
                /** @description At most 1000; larger values are clamped */
                limit?: number;
                /** @description `nextCursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenants */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Tenant"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createTenant: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTenant"];
            };
        };
        responses: {
            /** @description The tenant */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
        };
    };
    getTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenant */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
        };
    };
    deleteTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        ok: true;
                    };
                };
            };
        };
    };
    patchTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchTenant"];
            };
        };
        responses: {
            /** @description The tenant */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
        };
    };
    suspendTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenant */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
        };
    };
    resumeTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenant */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description At most 1000; larger values are clamped */
                limit?: number;
                /** @description `nextCursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The users */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["User"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateUser"];
            };
        };
        responses: {
            /** @description The user */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    inviteUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Invite"];
            };
        };
        responses: {
            /** @description The link */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneTimeLink"];
                };
            };
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    deleteUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        ok: true;
                    };
                };
            };
        };
    };
    patchUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchUser"];
            };
        };
        responses: {
            /** @description The user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The link */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneTimeLink"];
                };
            };
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description At most 1000; larger values are clamped */
                limit?: number;
                /** @description `nextCursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ApiKey"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateApiKey"];
            };
        };
        responses: {
            /** @description The key */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewApiKey"];
                };
            };
        };
    };
    getApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
        };
    };
    deleteApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        ok: true;
                    };
                };
            };
        };
    };
    patchApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchApiKey"];
            };
        };
        responses: {
            /** @description The key */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description At most 1000; larger values are clamped */
                limit?: number;
                /** @description `nextCursor` of the page before */
                cursor?: string;
                action?: string;
                /** @description ISO 8601, UTC */
                from?: string;
                /** @description ISO 8601, UTC */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The entries */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AuditEntry"][];
                        nextCursor: string | null;
                    };
                    "application/jsonl": string;
                };
            };
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    email: string;
                    password: string;
                };
            };
        };
        responses: {
            /** @description Logged in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
        };
    };
    refreshLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Still logged in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Logged out */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        ok: true;
                    };
                };
            };
        };
    };
    whoAmI: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        role: components["schemas"]["Role"];
                        tenantId: string | null;
                        /** @description The only ones that this key reaches */
                        sessions: string[] | null;
                        /** @description null for an API key */
                        user: components["schemas"]["User"] | null;
                    };
                };
            };
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    current: string;
                    password: string;
                };
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        ok: true;
                    };
                };
            };
        };
    };
    listLogins: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The logins */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Login"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    revokeLogin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        ok: true;
                    };
                };
            };
        };
    };
    createTicket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ticket */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ticket: string;
                        expiresIn: number;
                    };
                };
            };
        };
    };
    setUp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    token: string;
                    /**
                     * @description Compared without regard to case
                     * @example ana@example.com
                     */
                    email: string;
                    password: string;
                    name?: string;
                };
            };
        };
        responses: {
            /** @description Logged in as the owner */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
        };
    };
    acceptLink: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    token: string;
                    password: string;
                    name?: string;
                };
            };
        };
        responses: {
            /** @description Logged in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description Id or name: only those of this session */
                sessionId?: string;
                /** @description At most 1000; larger values are clamped */
                limit?: number;
                /** @description `nextCursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of webhooks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Webhook"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateWebhook"];
            };
        };
        responses: {
            /** @description The new webhook, with its secret this once */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookWithSecret"];
                };
            };
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook as it was */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
        };
    };
    patchWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchWebhook"];
            };
        };
        responses: {
            /** @description The webhook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What came of it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookTestResult"];
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                status?: components["schemas"]["DeliveryStatus"];
                /** @description At most 1000; larger values are clamped */
                limit?: number;
                /** @description `nextCursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Delivery"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
                deliveryId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryWithRequest"];
                };
            };
        };
    };
    replayDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
                deliveryId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery, pending */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
        };
    };
    replayWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayRequest"];
            };
        };
        responses: {
            /** @description They are pending */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        replayed: number;
                    };
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description Signs the calls. Made where there is none.
                     * @example whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
                     */
                    secret?: string;
                };
            };
        };
        responses: {
            /** @description The webhook with its new secret, this once */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookWithSecret"];
                };
            };
        };
    };
    pauseWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
        };
    };
    resumeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
        };
    };
    getStats: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description How many, with the one that has just begun; also answers `series` */
                minutes?: number;
                /** @description Id or name; only this one */
                sessionId?: string;
                /** @description At most 1000; larger values are clamped */
                limit?: number;
                /** @description `nextCursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures, with a page of sessions in the order of their age */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stats"];
                };
            };
        };
    };
    createWhatsapp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Unique in the tenant without regard to case
                     * @example shop-1
                     */
                    sessionId: string;
                    /** @description Kept as `metadata.phoneNumber` */
                    phoneNumber?: string;
                    /** @enum {string} */
                    network?: "whatsapp" | "sandbox";
                };
            };
        };
        responses: {
            /** @description The new session */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShortSession"];
                };
            };
        };
    };
    activateWhatsapp: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShortSession"];
                };
            };
        };
    };
    getWhatsappQr: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description Seconds to wait for a QR code */
                wait?: number;
            };
            header?: never;
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The QR code: JSON, PNG, SVG, or as text what the code says */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Qr"];
                    "image/png": string;
                    "image/svg+xml": string;
                    "text/plain": string;
                };
            };
        };
    };
    sendWhatsappMessage: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description Seconds to wait for the acknowledgement */
                wait?: number;
            };
            header?: {
                /** @description The same key and body give the same answer for 24 h; another body is refused */
                "idempotency-key"?: string;
            };
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description A phone number in any usual writing, or a JID or LID
                     * @example +55 11 98765-4321
                     */
                    to: string;
                    message: string;
                };
            };
        };
        responses: {
            /** @description WhatsApp has it */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SentMessage"];
                };
            };
            /** @description Stored, will be sent */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SentMessage"];
                };
            };
        };
    };
    sendFromSession: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description Seconds to wait for the acknowledgement */
                wait?: number;
            };
            header?: {
                /** @description The same key and body give the same answer for 24 h; another body is refused */
                "idempotency-key"?: string;
            };
            path: {
                /** @description Id or name of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description A phone number in any usual writing, or a JID or LID
                     * @example +55 11 98765-4321
                     */
                    phoneNumber: string;
                    message: string;
                };
            };
        };
        responses: {
            /** @description WhatsApp has it */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SentMessage"];
                };
            };
            /** @description Stored, will be sent */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SentMessage"];
                };
            };
        };
    };
    sendWebhookTest: {
        parameters: {
            query?: {
                /** @description For a master key: the tenant meant */
                tenantId?: string;
                /** @description Seconds to wait for the acknowledgement */
                wait?: number;
            };
            header?: {
                /** @description The same key and body give the same answer for 24 h; another body is refused */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description A phone number in any usual writing, or a JID or LID
                     * @example +55 11 98765-4321
                     */
                    phoneNumber: string;
                    message: string;
                    /** @description Id or name */
                    sessionId?: string;
                };
            };
        };
        responses: {
            /** @description WhatsApp has it */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SentMessage"];
                };
            };
            /** @description Stored, will be sent */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SentMessage"];
                };
            };
        };
    };
    disconnectWhatsapp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Id or name; may be left out where there is exactly one session */
                    sessionId?: string;
                };
            };
        };
        responses: {
            /** @description Stopped */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                        id: string;
                        /** @description The name of the session */
                        sessionId: string;
                        /**
                         * @description CONNECTING: it opens, waits for a scan or reconnects · DISCONNECTED: it does not go on by itself
                         * @enum {string}
                         */
                        status: "DISCONNECTED" | "CONNECTING" | "CONNECTED";
                        /** @constant */
                        ok: true;
                        message: string;
                    };
                };
            };
        };
    };
    forceLogoutWhatsapp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Id or name; may be left out where there is exactly one session */
                    sessionId?: string;
                };
            };
        };
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @example ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC */
                        sessionId: string;
                        /**
                         * @description confirmed: WhatsApp removed this device · unconfirmed: it could not be asked or did not answer; remove the device on the phone · not_linked: there was nothing to unlink
                         * @enum {string}
                         */
                        unlinked: "confirmed" | "unconfirmed" | "not_linked";
                        steps: {
                            /** @enum {string} */
                            name: "logout" | "close_engine" | "wipe_credentials" | "remove_remote" | "verify_remote" | "remove_files" | "remove_rows";
                            /**
                             * @description pending: still to do, it goes on by itself, also after a restart · skipped: nothing to do here · failed: given up, `detail` says why
                             * @enum {string}
                             */
                            outcome: "pending" | "done" | "skipped" | "failed";
                            detail?: string;
                            /** @description How long it took */
                            ms: number;
                        }[];
                        /** @constant */
                        ok: true;
                        message: string;
                    };
                };
            };
        };
    };
    cleanupAllWhatsapp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description The id of a tenant */
                    reseller_id?: string | null;
                };
            };
        };
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Whether every session was deleted */
                        ok: boolean;
                        message: string;
                        /** @description Remote instances */
                        deleted_from_evolution: number;
                        /** @description Sessions */
                        deleted_from_db: number;
                        /** @description `name: reason` */
                        errors: string[];
                    };
                };
            };
            /** @description It takes longer than 15 s and goes on; `message` says where its progress is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description False: not every session is deleted yet */
                        ok: boolean;
                        message: string;
                        /** @description Remote instances */
                        deleted_from_evolution: number;
                        /** @description Sessions */
                        deleted_from_db: number;
                        /** @description `name: reason` */
                        errors: string[];
                    };
                };
            };
        };
    };
    listSandboxPhones: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The phones */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["SandboxPhoneWithDevices"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createSandboxPhone: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    phoneNumber?: string;
                    name?: string;
                    /** @description Others meet the person under the LID and are not told the number */
                    numberHidden?: boolean;
                };
            };
        };
        responses: {
            /** @description The phone */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxPhone"];
                };
            };
        };
    };
    getSandboxPhone: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The phone */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxPhoneWithDevices"];
                };
            };
        };
    };
    changeSandboxPhone: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name?: string;
                    numberHidden?: boolean;
                    announce?: boolean;
                    /** @description Nobody adds the person to a group without asking: 403 */
                    guardedFromGroups?: boolean;
                    phoneNumber?: string;
                };
            };
        };
        responses: {
            /** @description The phone as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxPhoneWithDevices"];
                };
            };
        };
    };
    scanWithSandboxPhone: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    qr: string;
                } | {
                    sessionId: string;
                };
            };
        };
        responses: {
            /** @description The phone accepted; the session connects */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
        };
    };
    typeLinkCode: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    code: string;
                };
            };
        };
        responses: {
            /** @description The phone accepted; the session connects */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
        };
    };
    readSandboxScreen: {
        parameters: {
            query?: {
                after?: string;
                /** @description At most 100000; larger values are clamped */
                limit?: number;
                /** @description `true`: the person reads, so read receipts leave */
                read?: "true" | "false";
                /** @description `true`: the person reads and listens to voice messages */
                played?: "true" | "false";
            };
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The messages */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["SandboxMessage"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    writeFromSandboxPhone: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WriteSandboxMessage"];
            };
        };
        responses: {
            /** @description Written */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
        };
    };
    setSandboxPresence: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetSandboxPresence"];
            };
        };
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxPresence"];
                };
            };
        };
    };
    listSandboxPresences: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The people */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["SandboxPerson"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    listSandboxFiles: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The files */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["SandboxFile"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    unlinkSandboxDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
                device: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Unlinked */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
        };
    };
    listSandboxFaults: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The faults */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["SandboxFault"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createSandboxFault: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateSandboxFault"];
            };
        };
        responses: {
            /** @description The fault */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxFault"];
                };
            };
        };
    };
    clearSandboxFaults: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cleared */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
        };
    };
    listSandboxGroups: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The groups */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["SandboxGroup"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createSandboxGroup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateSandboxGroup"];
            };
        };
        responses: {
            /** @description The group */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxGroup"];
                };
            };
        };
    };
    getSandboxGroup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The group */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxGroup"];
                };
            };
        };
    };
    changeSandboxGroup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeSandboxGroup"];
            };
        };
        responses: {
            /** @description The group as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxGroup"];
                };
            };
        };
    };
    changeSandboxMembers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeSandboxMembers"];
            };
        };
        responses: {
            /** @description The group as it is now, and what came of it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxGroupChanged"];
                };
            };
        };
    };
    listSandboxCalls: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The calls */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["SandboxCall"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    ringFromSandboxPhone: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    to: string;
                    video?: boolean;
                };
            };
        };
        responses: {
            /** @description It rings */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxCall"];
                };
            };
        };
    };
    endSandboxCall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
                call: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    reason?: "hangup" | "timeout";
                };
            };
        };
        responses: {
            /** @description The call as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxCall"];
                };
            };
        };
    };
    getSandboxRestriction: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What it is held back from */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxRestriction"];
                };
            };
        };
    };
    restrictSandboxPhone: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateSandboxRestriction"];
            };
        };
        responses: {
            /** @description What it is held back from */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxRestriction"];
                };
            };
        };
    };
    liftSandboxRestriction: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                phone: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Lifted */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxRestriction"];
                };
            };
        };
    };
    listSandboxNewsletters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The newsletters */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["SandboxNewsletter"][];
                        nextCursor: string | null;
                    };
                };
            };
        };
    };
    createSandboxNewsletter: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    description?: string;
                    followers?: string[];
                };
            };
        };
        responses: {
            /** @description The newsletter */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxNewsletter"];
                };
            };
        };
    };
    followSandboxNewsletter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    phones: string[];
                    /** @enum {string} */
                    action?: "follow" | "unfollow";
                };
            };
        };
        responses: {
            /** @description The newsletter as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxNewsletter"];
                };
            };
        };
    };
    publishInSandboxNewsletter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    text: string;
                };
            };
        };
        responses: {
            /** @description Published */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        serverId: number;
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
        };
    };
}
