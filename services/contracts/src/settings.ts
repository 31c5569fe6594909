import { PinnedSettings, pinnedDefaults } from '@holdfast/events';
import { z } from 'zod';

/** The settings that contracts owns: pinned terms and fees, and what holds at the moment of the act. */
export const contractsSettings = {
  schema: PinnedSettings.extend({
    'offer.expiry_days': z.int().min(1).max(365),
    'submission.max_files': z.int().min(0).max(100),
    /** Days of a review on which the client is reminded (E-5). */
    'review.reminder_days': z.string().regex(/^\d{1,3}(,\d{1,3}){0,9}$/),
    /** How long before a forfeit its last notice must be proven (C-8). */
    'forfeit.notice_hours': z.int().min(1).max(240),
  }),
  defaults: {
    ...pinnedDefaults,
    'offer.expiry_days': 7,
    'submission.max_files': 20,
    'review.reminder_days': '7,11,13',
    'forfeit.notice_hours': 24,
  },
};

export const daysOf = (text: string): number[] => text.split(',').map(Number);
