import { Buffer } from 'node:buffer';
import { Burner } from './compound.mjs';
import { zip } from './office.mjs';

const lines = (...all) => all.join('\r\n');

/** A thread: each answer quotes the mail before it. One attachment is a table. */
export function thread() {
  const table = Buffer.from(
    'Stand;Exhibitor;Power in kW\n12A;Lumen Works;3.5\n14C;Fjord Audio;9\n17B;Kite & Co;1.2\n',
  ).toString('base64');
  return lines(
    'From: Marguerite Sand <m.sand@fairground.example>',
    'To: Bela Horvath <b.horvath@fairground.example>',
    'Cc: Stands <stands@fairground.example>',
    'Subject: Re: Re: Power for hall 3',
    'Date: Thu, 12 Feb 2026 16:41:00 +0100',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="sep"',
    '',
    '--sep',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Bela,',
    '',
    'then we take the second offer: the generator from Volta Hire, 1,150 euros for the week, delivered on Monday before seven.',
    'The table of the stands is attached.',
    '',
    'Marguerite',
    '',
    '> On Thu, 12 Feb 2026 at 11:03, Bela Horvath wrote:',
    '> The electrician says that the main of hall 3 carries 63 amperes and not more. With the sound people it will trip.',
    '> I would put Fjord Audio on a supply of their own.',
    '>',
    '>> On Wed, 11 Feb 2026 at 09:20, Marguerite Sand wrote:',
    '>> Can hall 3 take another nine kilowatts? The sponsor insists that the stage stays where it is.',
    '',
    '--sep',
    'Content-Type: text/csv; name="stands.csv"',
    'Content-Disposition: attachment; filename="stands.csv"',
    'Content-Transfer-Encoding: base64',
    '',
    table,
    '--sep--',
    '',
  );
}

/** A saved page. */
export const savedPage = () =>
  lines(
    'From: <Saved by a browser>',
    'Subject: How to store bulbs',
    'MIME-Version: 1.0',
    'Content-Type: multipart/related; type="text/html"; boundary="part"',
    '',
    '--part',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    'Content-Location: https://garden.example/bulbs',
    '',
    '<html><head><title>Bulbs</title></head><body><h1>How to store bulbs</h1><h2>Dahlias</h2><p>Lift them after the first frost and keep them in dry =',
    'sand at five degrees.</p><h2>Tulips</h2><p>Leave the leaves on until they are yellow. Store the bulbs in nets, not in bags: they rot below =E2=80=94 =',
    'above all the variety Apeldoorn.</p></body></html>',
    '--part--',
    '',
  );

/** A calendar with a repeated event, and times in two zones. */
export const calendar = () =>
  lines(
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Example//Calendar//EN',
    'BEGIN:VEVENT',
    'UID:1@example',
    'DTSTAMP:20260101T000000Z',
    'DTSTART;TZID=Europe/Berlin:20260317T140000',
    'DTEND;TZID=Europe/Berlin:20260317T153000',
    'SUMMARY:Review of the tender for the footbridge',
    'LOCATION:Town hall\\, room 214',
    'DESCRIPTION:Bring the drawings of variant C.\\nThe surveyor joins by telephone\\, code 88 12.',
    'ORGANIZER;CN=Leonie Faber:mailto:l.faber@example.org',
    'ATTENDEE;CN=Marek Dvorak;PARTSTAT=ACCEPTED:mailto:m.dvorak@example.org',
    'END:VEVENT',
    'BEGIN:VEVENT',
    'UID:2@example',
    'DTSTAMP:20260101T000000Z',
    'DTSTART;VALUE=DATE:20260504',
    'RRULE:FREQ=WEEKLY;COUNT=6',
    'SUMMARY:Market day on the square',
    'DESCRIPTION:The bollards at the east side are lowered at five in the morn',
    ' ing by the night watch.',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  );

/** A folder of files. */
export const folder = () =>
  zip({
    'minutes/march.md':
      '# Minutes of March\n\nThe club house will be painted in the colour RAL 6021. Gerda keeps the receipts.\n',
    'minutes/april.txt': 'Minutes of April. The rowing machine is sold to the school for 275 euros.\n',
    'members.csv': 'Name,Boat,Locker\nAnselm Rau,Kormoran,31\nFreya Lund,Seeadler,8\nTeo Marin,Eisvogel,17\n',
    'old/rules.html': '<h1>Rules of the boat house</h1><p>The gate is locked at 22:15 from May to August.</p>',
  });

/** Outlook's own form of a mail. */
export function outlook() {
  const burner = new Burner();
  burner.text('001A', 'IPM.Note');
  burner.text('0037', 'Handover of the greenhouse keys');
  burner.text('0C1A', 'Sigrun Dahl');
  burner.text('0C1F', 'sigrun.dahl@example.org');
  burner.text('0E04', 'Emil Tanaka');
  burner.text(
    '1000',
    'Dear Emil,\r\n\r\nthe keys of greenhouse 5 are with the porter at gate West. The misting system must be off before the alarm code 4096 is set.\r\nThe orchids arrive on the 23rd of March.\r\n\r\nSigrun',
  );
  burner.time(new Date('2026-03-02T09:30:00Z'));
  return burner.bytes();
}
