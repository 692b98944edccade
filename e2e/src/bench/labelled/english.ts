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

/** Questions by which earlier versions were tuned. */
export const SEEN = `
How many vacation days do I get? | holidays | overtime
I woke up with a fever, what do I have to do? | sickness |
How long can a father stay with a newborn baby? | parents | holidays
Am I allowed to do my job from home? | remote |
Which class may I fly when I visit a customer? | travel |
Who pays for a language course? | training |
Do I need two-step verification? | passwords | phishing
Someone sent me a strange e-mail with a link | phishing | passwords
Can a file that was deleted last week be brought back? | backup |
A friend wants to see where I work | visitors |
Where do we gather when the building burns? | fire |
When can I have lunch? | canteen |
Where can I plug in my electric car? | parking |
My boss bullies me, whom can I tell? | complaints |
Do I get money for working late? | overtime |
Does the firm help me to save for retirement? | pension |
I quit, what do I have to give back? | leaving | probation
May I order a new desk without asking? | purchase |
E-204 | fault-e204 |
What do I do about fault E-211? | fault-e211 |
The display says E-218 | fault-e218 |
8841-02 | part-8841 |
On which shelf is 9017-08? | part-9017 |
FKM seal | part-8841 | part-8840
What does Kowalski cost us? | contract-kowalski |
When can the contract with Meerman be ended? | contract-meerman |
What runs on cetus-11? | host-cetus |
Problems with borea-02 | ticket-52013 | host-borea
Ticket 51904 | ticket-51904 |
What did we order from Tessari? | minutes-0514 | minutes-0409 minutes-0312
Who looks after the air conditioning? | contract-kowalski |
The pressure at the inlet is too high | fault-e204 | fault-e201
Which machines does Virtanen own? | host-atlas |
Plans for solar power | minutes-0611 |
Which server controls the doors? | host-draco |
bearing for the washing line | part-9017 | part-9013
`;

/** A question, the documents that answer it, and those that are related to it. */
export const QUESTIONS = `
How late may I hand in my sick note? | sickness |
Do unused days off expire? | holidays |
I adopted a child, may I stay away from work? | parents |
Can I use the wifi of a café with my laptop? | remote | passwords
How much may a night in a hotel cost? | travel |
booked trains | travel |
May I save my course money for next year? | training | holidays
How long must a passphrase be? | passwords |
A mail asks me to log in to my bank, is it genuine? | phishing | passwords
How often do you practise recovering data? | backup |
Does my guest need a badge? | visitors | leaving
Can I take the elevator when the bell rings? | fire |
vegetarians | canteen |
Who gets a place in the garage? | parking |
The colleague beside me is always on the phone | noise |
Whose signature is needed for a machine of 20,000 euros? | purchase |
Can I be fired for reporting my superior? | complaints |
retaliating | complaints |
Will working on Saturday be paid? | overtime |
employer's contributions to the pension | pension |
How fast can I be dismissed in my first months? | probation | leaving
When do I lose access to my account? | leaving |
The inlet is too cold | fault-e207 | fault-e211
Which fault may operators not reset? | fault-e218 |
E215 | fault-e215 |
guards' doors | fault-e215 |
seals of EPDM | part-8840 part-8846 | part-8841
part 9013 | part-9013 |
Who maintains the elevators? | contract-brandt |
What do we pay for gardening? | contract-meerman |
Okafor's notice period | contract-okafor |
Who was there on 9 April? | minutes-0409 |
How much did the new washing line cost? | minutes-0514 | minutes-0409
Where is the mail server? | host-borea | ticket-52013
simulating | host-cetus |
rack 6 | host-cetus host-draco |
Paper gets stuck in the printer | ticket-51904 | ticket-51880
The meeting room's display shows nothing | ticket-51967 |
tickets about printers | ticket-51880 ticket-51904 |
Why were messages delivered late? | ticket-52013 |
`;
