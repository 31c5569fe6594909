import { PinnedSettings, pinnedDefaults } from '@holdfast/events';
import { z } from 'zod';

/** The settings that contracts owns: pinned terms and fees, and what holds at the moment of the act. */
export const contractsSettings = {
  schema: PinnedSettings.extend({
    'offer.expiry_days': z.int().min(1).max(365),
    'submission.max_files': z.int().min(0).max(100),
    /** Days after a refused appeal until the next one against the same hold (S-11). */
    'appeal.again_days': z.int().min(0).max(365),
  }),
  defaults: {
    ...pinnedDefaults,
    'offer.expiry_days': 7,
    'submission.max_files': 20,
    'appeal.again_days': 30,
  },
};
