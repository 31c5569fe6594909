/** Titles of the codes with which a credit comes back (section 3.2). */
const titles: Readonly<Record<string, string>> = {
  R02: 'Account Closed',
  R03: 'No Account/Unable to Locate Account',
  R04: 'Invalid Account Number',
  R06: "Returned at ODFI's Request",
  R14: 'Representative Payee Deceased or Unable to Continue in that Capacity',
  R15: 'Beneficiary or Account Holder Deceased',
  R16: 'Account Frozen',
  R17: 'File Record Edit Criteria',
  R20: 'Non-Transaction Account',
  R23: 'Credit Entry Refused by Receiver',
  R24: 'Duplicate Entry',
};

export function titleOf(code: string): string {
  return titles[code] ?? 'Returned';
}
