/** A question with the documents that answer it (2) and those that are related without answering it (1). */
export interface LabelledQuestion {
  question: string;
  relevant: Readonly<Record<string, 1 | 2>>;
}

/**
 * Documents of an organisation: policies that people ask about in other words, and many records that differ only in a name or a number, by
 * which people ask for them.
 */
export const DOCUMENTS: Readonly<Record<string, string>> = {
  holidays:
    'Annual leave. Every employee has 28 days of paid leave a year. Up to five days may be carried into the next spring; they lapse on 31 March. Requests are approved by the line manager.',
  sickness:
    'Absence through illness. Report to your manager before nine in the morning of the first day. A medical certificate is due from the fourth day onwards. Pay continues for six weeks.',
  parents:
    'Family leave. After a birth or an adoption either partner may stay at home for up to fourteen months. The post is kept open. Apply seven weeks ahead in writing.',
  remote:
    'Working from elsewhere. Up to three days a week may be spent outside the office. Company laptops must be encrypted, and public networks are used through the tunnel only.',
  travel:
    'Business trips. Trains are booked second class, flights in economy. Hotels are paid up to 140 euros a night. Receipts are handed in within 30 days.',
  training:
    'Further education. Each person has a yearly budget of 1,200 euros for courses, books and conferences. What is left at the end of the year is not carried over.',
  passwords:
    'Access to systems. Secrets have at least fourteen characters and are kept in the manager that we provide. A second factor is compulsory for mail and for source code.',
  phishing:
    'Suspicious messages. Do not open attachments from unknown senders. Forward the message to the security desk and delete it. Nobody from IT will ask for your credentials.',
  backup:
    'Protection against data loss. Servers are copied every night to a second site and kept for 35 days. A restore is rehearsed every quarter.',
  visitors:
    'Guests. Everybody who is not on the staff signs in at the front desk, wears a badge and is accompanied at all times. Laboratories need a second signature.',
  fire: 'Evacuation. When the alarm sounds, leave by the nearest stairs; lifts are out of use. The meeting point is the car park behind building C. Wardens count everybody.',
  canteen:
    'Meals. The restaurant on the ground floor serves from half past eleven until two. Vegetarian dishes are offered daily. Payment is by staff card.',
  parking:
    'Cars and bicycles. Spaces in the garage are given out by lot each January. Charging points for electric vehicles may be occupied for four hours.',
  noise:
    'Open-plan rooms. Telephone calls of more than a few minutes are taken in the booths. Music is heard through headphones.',
  purchase:
    'Buying goods and services. Up to 500 euros a team decides for itself. Above that three offers are needed, above 10,000 euros the signature of finance.',
  complaints:
    'Grievances. Whoever feels treated unfairly may turn to the ombudswoman in confidence. Retaliation against those who speak up is not tolerated.',
  overtime:
    'Extra hours. Time worked beyond the contract is ordered beforehand and made up for by free time within three months; pay is the exception.',
  pension:
    'Provision for old age. The employer adds half of whatever is paid into the company scheme, up to four per cent of the salary.',
  probation:
    'New colleagues. The first six months may be ended by both sides with two weeks of notice. A talk about progress is held after three.',
  leaving:
    'The last day. Badge, laptop and keys are returned to the front desk. Accounts are closed at midnight. A reference is written on request.',
  'fault-e201':
    'Fault E-201 of the filling line. Pressure in the inlet is below the minimum. Open valve V3, wait for two minutes and reset the controller.',
  'fault-e204':
    'Fault E-204 of the filling line. Pressure in the inlet is above the maximum. Close valve V3, wait for two minutes and reset the controller.',
  'fault-e207':
    'Fault E-207 of the filling line. Temperature of the inlet is below the minimum. Switch the heater on, wait for ten minutes and reset the controller.',
  'fault-e211':
    'Fault E-211 of the filling line. Temperature of the inlet is above the maximum. Switch the heater off, wait for ten minutes and reset the controller.',
  'fault-e215':
    'Fault E-215 of the filling line. The door of the guard is open. Close it, press the green button and reset the controller.',
  'fault-e218':
    'Fault E-218 of the filling line. The belt does not turn. Call maintenance; the controller may not be reset by operators.',
  'part-8840':
    'Spare part 8840-17: seal for the pump of the filling line, made of EPDM, 64 mm. Shelf 12, minimum stock 20.',
  'part-8841':
    'Spare part 8841-02: seal for the pump of the filling line, made of FKM, 64 mm. Shelf 12, minimum stock 10.',
  'part-8846':
    'Spare part 8846-30: seal for the pump of the washing line, made of EPDM, 80 mm. Shelf 14, minimum stock 6.',
  'part-9013':
    'Spare part 9013-44: bearing for the belt of the filling line, stainless, 30 mm. Shelf 3, minimum stock 4.',
  'part-9017':
    'Spare part 9017-08: bearing for the belt of the washing line, stainless, 35 mm. Shelf 3, minimum stock 4.',
  'contract-brandt':
    'Service contract with Brandt & Söhne of Lübeck. Maintenance of the lifts twice a year, 3,400 euros. Notice: three months before the end of the year.',
  'contract-kowalski':
    'Service contract with Kowalski Klima of Poznań. Maintenance of the air conditioning twice a year, 5,100 euros. Notice: three months before the end of the year.',
  'contract-meerman':
    'Service contract with Meerman Groen of Utrecht. Care of the gardens every month, 1,900 euros a quarter. Notice: six weeks before the end of a quarter.',
  'contract-okafor':
    'Service contract with Okafor Cleaning of Leeds. Cleaning of the offices every evening, 7,800 euros a month. Notice: six weeks before the end of a quarter.',
  'minutes-0312':
    'Minutes of 12 March. Present: Adeyemi, Castellanos, Holm. The washing line is to be renewed next year. Holm asks for offers.',
  'minutes-0409':
    'Minutes of 9 April. Present: Adeyemi, Holm, Virtanen. Two offers for the washing line have come in. The decision is put off to May.',
  'minutes-0514':
    'Minutes of 14 May. Present: Castellanos, Holm, Virtanen. The washing line is ordered from Tessari for 214,000 euros. Delivery is in October.',
  'minutes-0611':
    'Minutes of 11 June. Present: Adeyemi, Castellanos. The car park is to get a roof with solar panels. Castellanos speaks with the city.',
  'host-atlas':
    'Server atlas-07: 32 cores, 256 GB, in rack 4. Runs the database of the accounts department. Owner: Virtanen.',
  'host-borea': 'Server borea-02: 16 cores, 128 GB, in rack 4. Runs the mail of all sites. Owner: Adeyemi.',
  'host-cetus': 'Server cetus-11: 32 cores, 512 GB, in rack 6. Runs the simulations of the laboratory. Owner: Holm.',
  'host-draco': 'Server draco-05: 8 cores, 64 GB, in rack 6. Runs the doors and the cameras. Owner: Castellanos.',
  'ticket-51880': 'Ticket 51880: the printer on the second floor prints blank pages. Toner replaced, closed on 3 June.',
  'ticket-51904': 'Ticket 51904: the printer on the third floor jams. Rollers cleaned, closed on 5 June.',
  'ticket-51967': 'Ticket 51967: the screen in the boardroom stays black. Cable replaced, closed on 18 June.',
  'ticket-52013':
    'Ticket 52013: mail arrives an hour late. Queue of borea-02 was full, disk enlarged, closed on 21 June.',
};

/** In other words than the documents', by a name or a number, and by words of the documents. */
export const QUESTIONS: Readonly<Record<string, readonly LabelledQuestion[]>> = {
  other_words: [
    { question: 'How many vacation days do I get?', relevant: { holidays: 2, overtime: 1 } },
    { question: 'I woke up with a fever, what do I have to do?', relevant: { sickness: 2 } },
    { question: 'How long can a father stay with a newborn baby?', relevant: { parents: 2, holidays: 1 } },
    { question: 'Am I allowed to do my job from home?', relevant: { remote: 2 } },
    { question: 'Which class may I fly when I visit a customer?', relevant: { travel: 2 } },
    { question: 'Who pays for a language course?', relevant: { training: 2 } },
    { question: 'Do I need two-step verification?', relevant: { passwords: 2, phishing: 1 } },
    { question: 'Someone sent me a strange e-mail with a link', relevant: { phishing: 2, passwords: 1 } },
    { question: 'Can a file that was deleted last week be brought back?', relevant: { backup: 2 } },
    { question: 'A friend wants to see where I work', relevant: { visitors: 2 } },
    { question: 'Where do we gather when the building burns?', relevant: { fire: 2 } },
    { question: 'When can I have lunch?', relevant: { canteen: 2 } },
    { question: 'Where can I plug in my electric car?', relevant: { parking: 2 } },
    { question: 'My boss bullies me, whom can I tell?', relevant: { complaints: 2 } },
    { question: 'Do I get money for working late?', relevant: { overtime: 2 } },
    { question: 'Does the firm help me to save for retirement?', relevant: { pension: 2 } },
    { question: 'I quit, what do I have to give back?', relevant: { leaving: 2, probation: 1 } },
    { question: 'May I order a new desk without asking?', relevant: { purchase: 2 } },
  ],
  names: [
    { question: 'E-204', relevant: { 'fault-e204': 2 } },
    { question: 'What do I do about fault E-211?', relevant: { 'fault-e211': 2 } },
    { question: 'The display says E-218', relevant: { 'fault-e218': 2 } },
    { question: '8841-02', relevant: { 'part-8841': 2 } },
    { question: 'On which shelf is 9017-08?', relevant: { 'part-9017': 2 } },
    { question: 'FKM seal', relevant: { 'part-8841': 2, 'part-8840': 1 } },
    { question: 'What does Kowalski cost us?', relevant: { 'contract-kowalski': 2 } },
    { question: 'When can the contract with Meerman be ended?', relevant: { 'contract-meerman': 2 } },
    { question: 'What runs on cetus-11?', relevant: { 'host-cetus': 2 } },
    { question: 'Problems with borea-02', relevant: { 'ticket-52013': 2, 'host-borea': 1 } },
    { question: 'Ticket 51904', relevant: { 'ticket-51904': 2 } },
    {
      question: 'What did we order from Tessari?',
      relevant: { 'minutes-0514': 2, 'minutes-0409': 1, 'minutes-0312': 1 },
    },
  ],
  same_words: [
    { question: 'Who looks after the air conditioning?', relevant: { 'contract-kowalski': 2 } },
    { question: 'The pressure at the inlet is too high', relevant: { 'fault-e204': 2, 'fault-e201': 1 } },
    { question: 'Which machines does Virtanen own?', relevant: { 'host-atlas': 2 } },
    { question: 'Plans for solar power', relevant: { 'minutes-0611': 2 } },
    { question: 'Which server controls the doors?', relevant: { 'host-draco': 2 } },
    { question: 'bearing for the washing line', relevant: { 'part-9017': 2, 'part-9013': 1 } },
  ],
};
