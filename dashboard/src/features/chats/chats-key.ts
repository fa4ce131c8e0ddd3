export const chatsKey = (sessionId: string) => ['chats', sessionId] as const;
