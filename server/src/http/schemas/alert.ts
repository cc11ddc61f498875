import { z } from 'zod';
import { alertCauses, alertStates } from '../../alerts/alert.ts';
import { time } from './fields.ts';

export const alert = z
  .object({
    id: z.string().describe('A ULID of when it was opened.'),
    cause: z.enum(alertCauses).describe('What it is about.'),
    subject: z.string().describe('The detector, such as `D1`, or the link, such as `D1:D2`.'),
    state: z.enum(alertStates).describe('`acknowledged`: somebody sees to it.'),
    opened_at: time,
    detail: z.string().describe('What was found when it was opened, in words.'),
    acknowledged_by: z.string().nullable().describe('Who sees to it.'),
    acknowledged_at: time.nullable(),
    note: z.string().nullable().describe('What that one says of it.'),
    closed_at: time.nullable(),
    closed_detail: z.string().nullable().describe('What was found when it was closed.'),
  })
  .meta({
    id: 'Alert',
    description: 'Something that somebody should see to. One of a cause and subject at most is not closed.',
  });
