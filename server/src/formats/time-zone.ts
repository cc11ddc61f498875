export const timeZoneExpected = 'expected the name of a time zone, such as Europe/Berlin or UTC';
const nameLengthMax = 64;

/** Whether a text names a time zone that this machine knows. */
export function isTimeZone(text: string): boolean {
  if (text === '' || text.length > nameLengthMax) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: text });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
