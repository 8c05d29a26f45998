/** Who is here. */
export const presenceEn = {
  editing: "Editing",
  viewing: "Viewing",
  away: "Away",
  awaySince: (when: string) => `Away, last active ${when}`,
  devices: (count: number) => (count === 1 ? "1 device" : `${count} devices`),
  described: (name: string, doing: string, devices: string) => `${name}: ${doing}, ${devices}`,
  you: (name: string) => `${name} (you)`,
  everyone: (seen: string) => `${seen}: everyone here`,
  more: (count: number) => `and ${count} more`,
  follow: (name: string) => `Follow ${name}`,
  followShort: "Follow",
  following: (name: string) => `Following ${name}`,
  waiting: (name: string) => `Following ${name}, who has no cursor in the text yet`,
  stop: "Stop",
  local: "Others may be here, too: the servers do not reach each other right now",
  hasLeft: (name: string) => `${name} has left`,
};
