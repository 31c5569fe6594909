import { defineEntity, p } from '@mikro-orm/postgresql';

/** What the client asked to have changed (E-6): the text is encrypted under the client's key. */
export const ChangeRequestTable = defineEntity({
  name: 'ChangeRequest',
  tableName: 'change_requests',
  properties: {
    id: p.uuid().primary(),
    milestoneId: p.uuid(),
    submissionId: p.uuid(),
    clientId: p.text(),
    reasonSealed: p.blob(),
    requestedAt: p.datetime(),
    version: p.integer(),
  },
});
