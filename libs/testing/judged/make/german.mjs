import { rows, sheet } from './page.mjs';

/** Numbered headings, footnotes, Roman page labels before the Arabic ones (see `labels` in `main.mjs`). */
export const handbook = sheet(
  `<h1>Sicherheitshandbuch der Papierfabrik Lenzbach</h1><p>Ausgabe vom März, gültig für alle Werke. Verantwortlich: Frau Dr. Kessler, Durchwahl 2290.</p>
<p class="break">Vorwort. Dieses Handbuch ersetzt die Ausgabe aus dem Jahr 2019. Änderungen sind am Rand mit einem Balken gekennzeichnet.</p>
<h1 class="break">1 Brandschutz</h1><h2>1.1 Alarm</h2><p>Bei Feueralarm verlassen alle das Gebäude über die Treppenhäuser B und D. Der Sammelplatz liegt hinter dem
Kesselhaus. Die Aufzüge bleiben stehen. Die Etagenhelfer zählen ihre Leute und melden die Zahl dem Pförtner.</p>
<h2>1.2 Löschmittel</h2><p>In der Maschinenhalle hängen vierzehn Kohlendioxidlöscher. Pulver ist dort verboten, weil es die Lager der Kalander angreift.<sup>1</sup> Die Löscher
werden alle zwei Jahre von der Firma Brandt &amp; Söhne geprüft.</p><div class="foot"><p><sup>1</sup> Siehe den Schadensbericht vom 12. August, Aktenzeichen SB-0817.</p></div>
<h1 class="break">2 Gefahrstoffe</h1><h2>2.1 Lagerung</h2><p>Wasserstoffperoxid wird in Tank 3 gelagert, höchstens 18 Kubikmeter, bei weniger als 30 Grad. Natronlauge steht getrennt
davon in Tank 7. Zwischen beiden liegt eine Auffangwanne aus Edelstahl.</p>
<h2>2.2 Erste Hilfe</h2><p>Nach Augenkontakt mit Natronlauge wird mindestens fünfzehn Minuten lang gespült. Die Augenduschen sind an den Säulen C4 und F9. Danach wird der
Betriebsarzt Dr. Hollerbach gerufen, Kurzwahl 112 im Haus.</p>
<h1 class="break">3 Maschinen</h1><h2>3.1 Wartung</h2><p>Vor jeder Wartung wird der Hauptschalter abgeschlossen; den Schlüssel trägt, wer in der Maschine arbeitet. Die
Rollenschneidemaschine läuft nach dem Ausschalten noch 45 Sekunden nach.</p>
<h2>3.2 Gehörschutz</h2><p>Ab 85 Dezibel ist Gehörschutz Pflicht. An der Stoffmühle wurden 97 Dezibel gemessen, im Versand 71.</p>`,
  { lang: 'de' },
);

const TEILE = ['Dichtring', 'Keilriemen', 'Kugellager', 'Filtereinsatz', 'Absperrhahn', 'Druckfeder', 'Schaltschütz'];
const teil = (at) => [
  `LB ${3100 + at * 9}`,
  `${TEILE[at % TEILE.length]} ${['DN 25', 'DN 40', 'DN 65', 'DN 80'][at % 4]}`,
  `${((at * 29) % 170) + 4},${String((at * 47) % 100).padStart(2, '0')} €`,
  ['Halle 1', 'Halle 2', 'Außenlager'][at % 3],
  String((at * 17) % 130),
];

/** A table over two pages whose header stands on the first page only. */
export const teile = sheet(
  `<h1>Ersatzteilliste der Pumpenstation</h1><p>Stand: 1. Oktober. Bestellungen nimmt Herr Vogt entgegen.</p>
${rows(
  ['Teilenummer', 'Bezeichnung', 'Preis', 'Lagerort', 'Bestand'],
  Array.from({ length: 70 }, (_, at) => teil(at)),
  { once: true },
)}`,
  { lang: 'de' },
);

/** Two columns with a table in the right one. */
export const gemeinde = sheet(
  `<div class="two"><h1 class="span">Gemeindeblatt Oberwiesen</h1>
<h2>Aus dem Rat</h2><p>Der Rat hat in seiner Sitzung vom 7. Mai den Bau eines neuen Kindergartens an der Birkenstraße beschlossen. Er soll vier Gruppen haben und
3,2 Millionen Euro kosten. Das Land gibt ein Drittel dazu. Gegen den Beschluss stimmten zwei Räte, die den alten Standort am Bach erhalten wollten.</p>
<p>Die Hundesteuer steigt auf 96 Euro im Jahr; für den zweiten Hund werden 150 Euro fällig. Rettungshunde bleiben frei.</p>
<h2>Wasserversorgung</h2><p>Das neue Pumpwerk am Eichberg fördert 140 Kubikmeter in der Stunde. Während der Umstellung am 19. Juni bleibt das Wasser im Oberdorf von acht bis
dreizehn Uhr abgestellt. Das Wasser hat nach der Umstellung 14 Grad deutscher Härte und ist damit weicher als bisher.</p>
<h2>Abfuhr im Juni</h2>${rows(
    ['Ortsteil', 'Biotonne', 'Papier', 'Sperrmüll'],
    [
      ['Oberdorf', '3. Juni', '12. Juni', '24. Juni'],
      ['Unterdorf', '4. Juni', '13. Juni', '25. Juni'],
      ['Mühltal', '5. Juni', '16. Juni', '26. Juni'],
      ['Eichberg', '6. Juni', '17. Juni', '27. Juni'],
    ],
  )}
<h2>Vereine</h2><p>Der Musikverein sucht eine zweite Klarinette. Proben sind dienstags um halb acht im alten Schulhaus. Anmeldung bei Frau Seibold.</p>
<p>Die Feuerwehr lädt am 28. Juni zum Tag der offenen Tür. Gezeigt wird das neue Löschfahrzeug, das 412.000 Euro gekostet hat und zweitausend Liter fasst.</p>
<h2>Bücherei</h2><p>Die Bücherei ist im Sommer nur mittwochs von 15 bis 18 Uhr geöffnet. Die Ausleihe bleibt kostenlos, die Mahngebühr beträgt einen Euro je Woche.</p></div>`,
  { lang: 'de' },
);

export const rechnung = [
  `<h1>Rechnung Nr. 2026-0388</h1><p>Schreinerei Aurich, Werkgasse 12<br>An: Hotel Post, z. Hd. Frau Wendel</p>
${rows(
  ['Pos.', 'Leistung', 'Menge', 'Betrag'],
  [
    ['1', 'Esstisch Eiche massiv', '4', '3.280,00 €'],
    ['2', 'Stuhl Buche gepolstert', '24', '4.176,00 €'],
    ['3', 'Einbauschrank Flur', '1', '1.950,00 €'],
    ['4', 'Lieferung und Montage', '1', '640,00 €'],
  ],
)}
<p>Summe netto 10.046,00 €, Mehrwertsteuer 1.908,74 €, zu zahlen 11.954,74 €.</p><p>Zahlbar innerhalb von zehn Tagen mit drei Prozent Skonto. Auf die Stühle geben wir fünf Jahre Garantie.</p>`,
];
