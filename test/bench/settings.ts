/** No window is counted, so there is none. */
export const settings = (project: string) => `project: ${project}\npolicy:\n  stability: 0s\n`;
