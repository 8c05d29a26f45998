/** The events of `/live` as they may look. Made from shared/live-schema.json by scripts/generate-live; do not edit. */

/** Person. */
export interface Person {
  id: string;
  name: string;
  colour: string;
  avatar: string | null;
}

/** When and by whom. */
export interface Mark {
  at: string;
  by: Person;
}

/** Of the document; `anchor` is the page's own. */
export interface Quote {
  text: string;
  anchor: string;
}

/** File. */
export interface File {
  id: string;
  kind: "image" | "voice" | "audio" | "video" | "file";
  name: string;
  type: string;
  size: number;
  width: number | null;
  height: number | null;
  duration: number | null;
  waveform: Array<number> | null;
  alt: string | null;
  has_thumbnail: boolean;
}

/** Reaction. */
export interface Reaction {
  emoji: string;
  people: Array<string>;
}

/** As it is now; a recalled one has neither text nor quote, files, reactions or mentions. */
export interface Message {
  id: string;
  document: string;
  seq: number;
  client_id: string;
  author: Person;
  at: string;
  text: string | null;
  quote: Quote | null;
  reply_to: string | null;
  files: Array<File>;
  reactions: Array<Reaction>;
  mentions: Array<string>;
  revision: number;
  edited_at: string | null;
  recalled: Mark | null;
  pinned: Mark | null;
}

/** Noted document. */
export interface NotedDocument {
  id: string;
  title: string;
}

/** Noted message. */
export interface NotedMessage {
  id: string;
  seq: number;
  preview: string;
}

/** Notification. */
export interface Notification {
  id: string;
  kind: string;
  at: string;
  read_at: string | null;
  actor: Person | null;
  document: NotedDocument | null;
  message: NotedMessage | null;
  data: Record<string, unknown>;
}

/** Receipt. */
export interface Receipt {
  person: string;
  delivered: number;
  read: number;
}

/** Present. */
export interface Present {
  person: Person;
  state: "active" | "idle";
  doing: "editing" | "viewing";
  devices: number;
  seen_at: string | null;
}

/** The data of servers. */
export interface ServersEvent {
  mode: "normal" | "degraded";
  why: string | null;
}

/** The data of hello. */
export interface HelloEvent {
  user: Person;
  epoch: string;
}

/** The data of pages.changed. */
export type PagesChangedEvent = Record<string, never>;

/** The data of session.changed. */
export type SessionChangedEvent = Record<string, never>;

/** The data of favourites.changed. */
export type FavouritesChangedEvent = Record<string, never>;

/** The data of access.changed. */
export interface AccessChangedEvent {
  document: string;
  role: "view" | "comment" | "edit" | "manage" | null;
}

/** The data of pong. */
export interface PongEvent {
  id?: string;
  heads: Record<string, number>;
}

/** The data of ack. */
export interface AckEvent {
  id?: string;
  topic?: string;
  seq?: number;
  epoch?: string;
  is_reset?: boolean;
  message?: Message;
}

/** The data of error. */
export interface ErrorEvent {
  id?: string;
  code: string;
  message: string;
}

/** The data of unfollowed. */
export interface UnfollowedEvent {
  topic: string;
  why: "access_ended" | "gone" | "behind";
}

/** The data of noted. */
export type NotedEvent = Record<string, never>;

/** The data of message.sent. */
export interface MessageSentEvent {
  message: Message;
}

/** The data of message.edited. */
export interface MessageEditedEvent {
  message: Message;
}

/** The data of message.recalled. */
export interface MessageRecalledEvent {
  message: Message;
}

/** The data of message.reacted. */
export interface MessageReactedEvent {
  message: Message;
}

/** The data of message.pinned. */
export interface MessagePinnedEvent {
  message: Message;
}

/** The data of message.unpinned. */
export interface MessageUnpinnedEvent {
  message: Message;
}

/** The data of notification.added. */
export interface NotificationAddedEvent {
  notification: Notification;
  unread: number;
}

/** The data of notification.changed. */
export interface NotificationChangedEvent {
  ids: Array<string>;
  read_at: string;
  unread: number;
}

/** The data of notification.withdrawn. */
export interface NotificationWithdrawnEvent {
  ids: Array<string>;
  unread: number;
}

/** The data of receipts. */
export interface ReceiptsEvent {
  document: string;
  receipts: Array<Receipt>;
}

/** The data of unread. */
export interface UnreadEvent {
  document: string;
  count: number;
  mentions: number;
  read: number;
}

/** The data of typing. */
export interface TypingEvent {
  document: string;
  person: Person;
  is_typing: boolean;
}

/** The data of presence. */
export interface PresenceEvent {
  document: string;
  count: number;
  is_partial: boolean;
  is_local: boolean;
  people: Array<Present>;
}

/** The data of here. */
export interface HereEvent {
  documents: Record<string, Array<Person>>;
}

/** The data of ping. */
export type PingCommand = Record<string, never>;

/** The data of follow. */
export interface FollowCommand {
  topic: string;
  after?: number;
  epoch?: string;
}

/** The data of unfollow. */
export interface UnfollowCommand {
  topic: string;
}

/** The data of message.send. */
export interface MessageSendCommand {
  document: string;
  client_id: string;
  text?: string;
  quote?: Quote | null;
  reply_to?: string | null;
  files?: Array<string>;
}

/** The data of message.edit. */
export interface MessageEditCommand {
  message: string;
  revision: number;
  text: string;
}

/** The data of message.recall. */
export interface MessageRecallCommand {
  message: string;
}

/** The data of message.react. */
export interface MessageReactCommand {
  message: string;
  emoji: string;
  on: boolean;
}

/** The data of message.pin. */
export interface MessagePinCommand {
  message: string;
  on: boolean;
}

/** The data of chat.delivered. */
export interface ChatDeliveredCommand {
  document: string;
  seq: number;
}

/** The data of chat.read. */
export interface ChatReadCommand {
  document: string;
  seq: number;
}

/** The data of chat.unread. */
export interface ChatUnreadCommand {
  document: string;
  seq: number;
}

/** The data of typing. */
export interface TypingCommand {
  document: string;
  is_typing: boolean;
}

/** The data of presence. */
export interface PresenceCommand {
  state: "active" | "idle";
  document?: string;
  doing?: "editing" | "viewing";
}

/** What the server says: the data by the event. */
export interface Events {
  hello: HelloEvent;
  servers: ServersEvent;
  "pages.changed": PagesChangedEvent;
  "session.changed": SessionChangedEvent;
  "favourites.changed": FavouritesChangedEvent;
  "access.changed": AccessChangedEvent;
  pong: PongEvent;
  ack: AckEvent;
  error: ErrorEvent;
  unfollowed: UnfollowedEvent;
  noted: NotedEvent;
  "message.sent": MessageSentEvent;
  "message.edited": MessageEditedEvent;
  "message.recalled": MessageRecalledEvent;
  "message.reacted": MessageReactedEvent;
  "message.pinned": MessagePinnedEvent;
  "message.unpinned": MessageUnpinnedEvent;
  "notification.added": NotificationAddedEvent;
  "notification.changed": NotificationChangedEvent;
  "notification.withdrawn": NotificationWithdrawnEvent;
  receipts: ReceiptsEvent;
  unread: UnreadEvent;
  typing: TypingEvent;
  presence: PresenceEvent;
  here: HereEvent;
}

/** Of these, the ones with a place in the log of a topic. */
export const PLACED = [
  "noted",
  "message.sent",
  "message.edited",
  "message.recalled",
  "message.reacted",
  "message.pinned",
  "message.unpinned",
  "notification.added",
  "notification.changed",
  "notification.withdrawn",
] as const;

/** What a client says: the data by the command. */
export interface Commands {
  ping: PingCommand;
  follow: FollowCommand;
  unfollow: UnfollowCommand;
  "message.send": MessageSendCommand;
  "message.edit": MessageEditCommand;
  "message.recall": MessageRecallCommand;
  "message.react": MessageReactCommand;
  "message.pin": MessagePinCommand;
  "chat.delivered": ChatDeliveredCommand;
  "chat.read": ChatReadCommand;
  "chat.unread": ChatUnreadCommand;
  typing: TypingCommand;
  presence: PresenceCommand;
}

/** What is checked of them while the page runs: see shape.ts. */
export const TYPES = {
  Person: {
    type: "object",
    required: ["id", "name", "colour", "avatar"],
    properties: {
      id: { type: "string" },
      name: { type: "string" },
      colour: { type: "string", pattern: "^#[0-9A-Fa-f]{6}$" },
      avatar: { anyOf: [{ type: "string" }, { type: "null" }] },
    },
    additionalProperties: false,
  },
  Mark: {
    type: "object",
    required: ["at", "by"],
    properties: { at: { type: "string" }, by: { ref: "Person" } },
    additionalProperties: false,
  },
  Quote: {
    type: "object",
    required: ["text", "anchor"],
    properties: {
      text: { type: "string", maxLength: 1000 },
      anchor: { type: "string", maxLength: 2000 },
    },
    additionalProperties: false,
  },
  File: {
    type: "object",
    required: [
      "id",
      "kind",
      "name",
      "type",
      "size",
      "width",
      "height",
      "duration",
      "waveform",
      "alt",
      "has_thumbnail",
    ],
    properties: {
      id: { type: "string" },
      kind: { enum: ["image", "voice", "audio", "video", "file"] },
      name: { type: "string" },
      type: { type: "string" },
      size: { type: "integer", minimum: 0 },
      width: { anyOf: [{ type: "integer", minimum: 0 }, { type: "null" }] },
      height: { anyOf: [{ type: "integer", minimum: 0 }, { type: "null" }] },
      duration: { anyOf: [{ type: "number", minimum: 0 }, { type: "null" }] },
      waveform: {
        anyOf: [
          { type: "array", items: { type: "integer", minimum: 0, maximum: 100 } },
          { type: "null" },
        ],
      },
      alt: { anyOf: [{ type: "string" }, { type: "null" }] },
      has_thumbnail: { type: "boolean" },
    },
    additionalProperties: false,
  },
  Reaction: {
    type: "object",
    required: ["emoji", "people"],
    properties: { emoji: { type: "string" }, people: { type: "array", items: { type: "string" } } },
    additionalProperties: false,
  },
  Message: {
    type: "object",
    required: [
      "id",
      "document",
      "seq",
      "client_id",
      "author",
      "at",
      "text",
      "quote",
      "reply_to",
      "files",
      "reactions",
      "mentions",
      "revision",
      "edited_at",
      "recalled",
      "pinned",
    ],
    properties: {
      id: { type: "string" },
      document: { type: "string" },
      seq: { type: "integer", minimum: 1 },
      client_id: { type: "string" },
      author: { ref: "Person" },
      at: { type: "string" },
      text: { anyOf: [{ type: "string" }, { type: "null" }] },
      quote: { anyOf: [{ ref: "Quote" }, { type: "null" }] },
      reply_to: { anyOf: [{ type: "string" }, { type: "null" }] },
      files: { type: "array", items: { ref: "File" } },
      reactions: { type: "array", items: { ref: "Reaction" } },
      mentions: { type: "array", items: { type: "string" } },
      revision: { type: "integer", minimum: 1 },
      edited_at: { anyOf: [{ type: "string" }, { type: "null" }] },
      recalled: { anyOf: [{ ref: "Mark" }, { type: "null" }] },
      pinned: { anyOf: [{ ref: "Mark" }, { type: "null" }] },
    },
    additionalProperties: false,
  },
  NotedDocument: {
    type: "object",
    required: ["id", "title"],
    properties: { id: { type: "string" }, title: { type: "string" } },
    additionalProperties: false,
  },
  NotedMessage: {
    type: "object",
    required: ["id", "seq", "preview"],
    properties: {
      id: { type: "string" },
      seq: { type: "integer", minimum: 1 },
      preview: { type: "string" },
    },
    additionalProperties: false,
  },
  Notification: {
    type: "object",
    required: ["id", "kind", "at", "read_at", "actor", "document", "message", "data"],
    properties: {
      id: { type: "string" },
      kind: { type: "string" },
      at: { type: "string" },
      read_at: { anyOf: [{ type: "string" }, { type: "null" }] },
      actor: { anyOf: [{ ref: "Person" }, { type: "null" }] },
      document: { anyOf: [{ ref: "NotedDocument" }, { type: "null" }] },
      message: { anyOf: [{ ref: "NotedMessage" }, { type: "null" }] },
      data: { type: "object" },
    },
    additionalProperties: false,
  },
  Receipt: {
    type: "object",
    required: ["person", "delivered", "read"],
    properties: {
      person: { type: "string" },
      delivered: { type: "integer", minimum: 0 },
      read: { type: "integer", minimum: 0 },
    },
    additionalProperties: false,
  },
  Present: {
    type: "object",
    required: ["person", "state", "doing", "devices", "seen_at"],
    properties: {
      person: { ref: "Person" },
      state: { enum: ["active", "idle"] },
      doing: { enum: ["editing", "viewing"] },
      devices: { type: "integer", minimum: 1 },
      seen_at: { anyOf: [{ type: "string" }, { type: "null" }] },
    },
    additionalProperties: false,
  },
  ServersEvent: {
    type: "object",
    required: ["mode", "why"],
    properties: {
      mode: { enum: ["normal", "degraded"] },
      why: { anyOf: [{ type: "string" }, { type: "null" }] },
    },
    additionalProperties: false,
  },
  HelloEvent: {
    type: "object",
    required: ["user", "epoch"],
    properties: { user: { ref: "Person" }, epoch: { type: "string" } },
    additionalProperties: false,
  },
  PagesChangedEvent: { type: "object", additionalProperties: false },
  SessionChangedEvent: { type: "object", additionalProperties: false },
  FavouritesChangedEvent: { type: "object", additionalProperties: false },
  AccessChangedEvent: {
    type: "object",
    required: ["document", "role"],
    properties: {
      document: { type: "string" },
      role: { enum: ["view", "comment", "edit", "manage", null] },
    },
    additionalProperties: false,
  },
  PongEvent: {
    type: "object",
    required: ["heads"],
    properties: {
      id: { type: "string" },
      heads: { type: "object", additionalProperties: { type: "integer", minimum: 0 } },
    },
    additionalProperties: false,
  },
  AckEvent: {
    type: "object",
    properties: {
      id: { type: "string" },
      topic: { type: "string" },
      seq: { type: "integer", minimum: 0 },
      epoch: { type: "string" },
      is_reset: { type: "boolean" },
      message: { ref: "Message" },
    },
    additionalProperties: false,
  },
  ErrorEvent: {
    type: "object",
    required: ["code", "message"],
    properties: {
      id: { type: "string" },
      code: { type: "string", pattern: "^[a-z_]+$" },
      message: { type: "string" },
    },
    additionalProperties: false,
  },
  UnfollowedEvent: {
    type: "object",
    required: ["topic", "why"],
    properties: { topic: { type: "string" }, why: { enum: ["access_ended", "gone", "behind"] } },
    additionalProperties: false,
  },
  NotedEvent: { type: "object", additionalProperties: false },
  MessageSentEvent: {
    type: "object",
    required: ["message"],
    properties: { message: { ref: "Message" } },
    additionalProperties: false,
  },
  MessageEditedEvent: {
    type: "object",
    required: ["message"],
    properties: { message: { ref: "Message" } },
    additionalProperties: false,
  },
  MessageRecalledEvent: {
    type: "object",
    required: ["message"],
    properties: { message: { ref: "Message" } },
    additionalProperties: false,
  },
  MessageReactedEvent: {
    type: "object",
    required: ["message"],
    properties: { message: { ref: "Message" } },
    additionalProperties: false,
  },
  MessagePinnedEvent: {
    type: "object",
    required: ["message"],
    properties: { message: { ref: "Message" } },
    additionalProperties: false,
  },
  MessageUnpinnedEvent: {
    type: "object",
    required: ["message"],
    properties: { message: { ref: "Message" } },
    additionalProperties: false,
  },
  NotificationAddedEvent: {
    type: "object",
    required: ["notification", "unread"],
    properties: { notification: { ref: "Notification" }, unread: { type: "integer" } },
    additionalProperties: false,
  },
  NotificationChangedEvent: {
    type: "object",
    required: ["ids", "read_at", "unread"],
    properties: {
      ids: { type: "array", items: { type: "string" }, maxItems: 200 },
      read_at: { type: "string" },
      unread: { type: "integer" },
    },
    additionalProperties: false,
  },
  NotificationWithdrawnEvent: {
    type: "object",
    required: ["ids", "unread"],
    properties: {
      ids: { type: "array", items: { type: "string" }, maxItems: 200 },
      unread: { type: "integer" },
    },
    additionalProperties: false,
  },
  ReceiptsEvent: {
    type: "object",
    required: ["document", "receipts"],
    properties: {
      document: { type: "string" },
      receipts: { type: "array", items: { ref: "Receipt" } },
    },
    additionalProperties: false,
  },
  UnreadEvent: {
    type: "object",
    required: ["document", "count", "mentions", "read"],
    properties: {
      document: { type: "string" },
      count: { type: "integer", minimum: 0 },
      mentions: { type: "integer", minimum: 0 },
      read: { type: "integer", minimum: 0 },
    },
    additionalProperties: false,
  },
  TypingEvent: {
    type: "object",
    required: ["document", "person", "is_typing"],
    properties: {
      document: { type: "string" },
      person: { ref: "Person" },
      is_typing: { type: "boolean" },
    },
    additionalProperties: false,
  },
  PresenceEvent: {
    type: "object",
    required: ["document", "count", "is_partial", "is_local", "people"],
    properties: {
      document: { type: "string" },
      count: { type: "integer", minimum: 0 },
      is_partial: { type: "boolean" },
      is_local: { type: "boolean" },
      people: { type: "array", items: { ref: "Present" } },
    },
    additionalProperties: false,
  },
  HereEvent: {
    type: "object",
    required: ["documents"],
    properties: {
      documents: {
        type: "object",
        additionalProperties: { type: "array", items: { ref: "Person" } },
      },
    },
    additionalProperties: false,
  },
  PingCommand: { type: "object", additionalProperties: false },
  FollowCommand: {
    type: "object",
    required: ["topic"],
    properties: {
      topic: { type: "string", pattern: "^(doc:|user:).+$|^ops$", maxLength: 160 },
      after: { type: "integer", minimum: 0, maximum: 9007199254740991 },
      epoch: { type: "string", maxLength: 64 },
    },
    additionalProperties: false,
  },
  UnfollowCommand: {
    type: "object",
    required: ["topic"],
    properties: { topic: { type: "string", pattern: "^(doc:|user:).+$|^ops$", maxLength: 160 } },
    additionalProperties: false,
  },
  MessageSendCommand: {
    type: "object",
    required: ["document", "client_id"],
    properties: {
      document: { type: "string", minLength: 1, maxLength: 128 },
      client_id: { type: "string", pattern: "^[A-Za-z0-9_-]{8,64}$" },
      text: { type: "string", maxLength: 8000 },
      quote: { anyOf: [{ ref: "Quote" }, { type: "null" }] },
      reply_to: { anyOf: [{ type: "string", minLength: 1, maxLength: 128 }, { type: "null" }] },
      files: {
        type: "array",
        items: { type: "string", minLength: 1, maxLength: 128 },
        maxItems: 20,
      },
    },
    additionalProperties: false,
  },
  MessageEditCommand: {
    type: "object",
    required: ["message", "revision", "text"],
    properties: {
      message: { type: "string", minLength: 1, maxLength: 128 },
      revision: { type: "integer", minimum: 1, maximum: 9007199254740991 },
      text: { type: "string", maxLength: 8000 },
    },
    additionalProperties: false,
  },
  MessageRecallCommand: {
    type: "object",
    required: ["message"],
    properties: { message: { type: "string", minLength: 1, maxLength: 128 } },
    additionalProperties: false,
  },
  MessageReactCommand: {
    type: "object",
    required: ["message", "emoji", "on"],
    properties: {
      message: { type: "string", minLength: 1, maxLength: 128 },
      emoji: { type: "string", minLength: 1, maxLength: 64 },
      on: { type: "boolean" },
    },
    additionalProperties: false,
  },
  MessagePinCommand: {
    type: "object",
    required: ["message", "on"],
    properties: {
      message: { type: "string", minLength: 1, maxLength: 128 },
      on: { type: "boolean" },
    },
    additionalProperties: false,
  },
  ChatDeliveredCommand: {
    type: "object",
    required: ["document", "seq"],
    properties: {
      document: { type: "string", minLength: 1, maxLength: 128 },
      seq: { type: "integer", minimum: 0, maximum: 9007199254740991 },
    },
    additionalProperties: false,
  },
  ChatReadCommand: {
    type: "object",
    required: ["document", "seq"],
    properties: {
      document: { type: "string", minLength: 1, maxLength: 128 },
      seq: { type: "integer", minimum: 0, maximum: 9007199254740991 },
    },
    additionalProperties: false,
  },
  ChatUnreadCommand: {
    type: "object",
    required: ["document", "seq"],
    properties: {
      document: { type: "string", minLength: 1, maxLength: 128 },
      seq: { type: "integer", minimum: 0, maximum: 9007199254740991 },
    },
    additionalProperties: false,
  },
  TypingCommand: {
    type: "object",
    required: ["document", "is_typing"],
    properties: {
      document: { type: "string", minLength: 1, maxLength: 128 },
      is_typing: { type: "boolean" },
    },
    additionalProperties: false,
  },
  PresenceCommand: {
    type: "object",
    required: ["state"],
    properties: {
      state: { enum: ["active", "idle"] },
      document: { type: "string", minLength: 1, maxLength: 128 },
      doing: { enum: ["editing", "viewing"] },
    },
    additionalProperties: false,
  },
};

export const EVENT_TYPES: Record<string, string> = {
  hello: "HelloEvent",
  servers: "ServersEvent",
  "pages.changed": "PagesChangedEvent",
  "session.changed": "SessionChangedEvent",
  "favourites.changed": "FavouritesChangedEvent",
  "access.changed": "AccessChangedEvent",
  pong: "PongEvent",
  ack: "AckEvent",
  error: "ErrorEvent",
  unfollowed: "UnfollowedEvent",
  noted: "NotedEvent",
  "message.sent": "MessageSentEvent",
  "message.edited": "MessageEditedEvent",
  "message.recalled": "MessageRecalledEvent",
  "message.reacted": "MessageReactedEvent",
  "message.pinned": "MessagePinnedEvent",
  "message.unpinned": "MessageUnpinnedEvent",
  "notification.added": "NotificationAddedEvent",
  "notification.changed": "NotificationChangedEvent",
  "notification.withdrawn": "NotificationWithdrawnEvent",
  receipts: "ReceiptsEvent",
  unread: "UnreadEvent",
  typing: "TypingEvent",
  presence: "PresenceEvent",
  here: "HereEvent",
};

export const COMMAND_TYPES: Record<string, string> = {
  ping: "PingCommand",
  follow: "FollowCommand",
  unfollow: "UnfollowCommand",
  "message.send": "MessageSendCommand",
  "message.edit": "MessageEditCommand",
  "message.recall": "MessageRecallCommand",
  "message.react": "MessageReactCommand",
  "message.pin": "MessagePinCommand",
  "chat.delivered": "ChatDeliveredCommand",
  "chat.read": "ChatReadCommand",
  "chat.unread": "ChatUnreadCommand",
  typing: "TypingCommand",
  presence: "PresenceCommand",
};
