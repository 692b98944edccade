/** Leaflets of a town and of its housing company: many share their words, and people ask in other forms of these words. */
export const DOCUMENTS: Readonly<Record<string, string>> = {
  hundesteuer:
    'Hundesteuer. Wer einen Hund hält, meldet ihn binnen zwei Wochen an. Die Steuer beträgt 96 Euro im Jahr, für jeden weiteren Hund 144 Euro. Assistenzhunde sind befreit. Die Marke ist am Halsband zu tragen.',
  personalausweis:
    'Personalausweis. Der Antrag wird persönlich gestellt; mitzubringen sind ein biometrisches Lichtbild und das bisherige Dokument. Die Gebühr beträgt 37 Euro. Die Ausstellung dauert etwa drei Wochen.',
  reisepass:
    'Reisepass. Er gilt zehn Jahre, vor dem 24. Geburtstag sechs Jahre. Im Expressverfahren liegt er nach drei Werktagen vor und kostet 32 Euro mehr.',
  ummeldung:
    'Wohnsitz. Nach einem Umzug ist die neue Anschrift innerhalb von zwei Wochen zu melden. Eine Bestätigung des Wohnungsgebers ist vorzulegen. Verspätete Anmeldungen können ein Bußgeld nach sich ziehen.',
  eheschliessung:
    'Eheschließung. Beide Verlobten melden sich frühestens sechs Monate vor dem Termin beim Standesamt an. Benötigt werden Geburtsurkunden und Ausweise. Trauungen finden freitags auch im Wasserturm statt.',
  geburt:
    'Geburten. Das Krankenhaus zeigt die Geburt an; die Eltern bestimmen den Vornamen binnen eines Monats. Die ersten drei Urkunden sind kostenlos, wenn sie für Leistungen gebraucht werden.',
  kita: 'Plätze in Kindertagesstätten. Die Vormerkung erfolgt über das Portal. Vergeben wird nach Alter und Geschwistern. Die Beiträge richten sich nach dem Einkommen; das letzte Jahr vor der Schule ist beitragsfrei.',
  schule:
    'Einschulung. Kinder, die bis zum 30. September sechs Jahre alt werden, sind im Herbst davor anzumelden. Zur Untersuchung lädt das Gesundheitsamt ein. Eine Zurückstellung ist mit Gutachten möglich.',
  sperrmuell:
    'Sperrmüll. Abgeholt wird zweimal im Jahr auf Bestellung. Die Gegenstände stehen ab sechs Uhr am Straßenrand. Nicht mitgenommen werden Autoreifen, Bauschutt und Farben.',
  gelbesack:
    'Verpackungen. Die Säcke werden alle vierzehn Tage eingesammelt. Neue Rollen gibt es im Bürgerbüro und in der Bücherei. Glas gehört in die Container.',
  biotonne:
    'Bioabfall. In die braune Tonne kommen Küchenabfälle und Gartenschnitt, keine Kunststoffbeutel, auch keine als kompostierbar bezeichneten. Im Sommer wird wöchentlich geleert.',
  parkausweis:
    'Bewohnerparken. Wer im Gebiet gemeldet ist und keinen Stellplatz hat, erhält einen Ausweis für 60 Euro im Jahr. Besucher lösen Tageskarten. Schwerbehinderte parken kostenfrei.',
  baum: 'Baumschutz. Stämme ab 80 Zentimeter Umfang dürfen nur mit Genehmigung gefällt werden. Zwischen März und September ruhen solche Arbeiten, damit Vögel brüten können. Ersatz ist zu pflanzen.',
  laerm:
    'Ruhezeiten. Rasenmäher und Laubbläser schweigen werktags von 20 bis 7 Uhr und sonntags ganz. Musik wird nach 22 Uhr auf Zimmerlautstärke gestellt.',
  bauantrag:
    'Bauvorhaben. Garagen bis 30 Quadratmeter sind verfahrensfrei. Für Anbauten und Aufstockungen reicht ein Entwurfsverfasser die Zeichnungen ein. Über den Antrag wird in drei Monaten entschieden.',
  wahl: 'Wahlen. Unterlagen für die Briefwahl werden mit dem Vordruck auf der Benachrichtigung angefordert. Wer keine erhalten hat, wendet sich an das Wahlamt. Helfer bekommen 50 Euro Erfrischungsgeld.',
  fundbuero:
    'Fundsachen. Gefundenes wird sechs Monate aufbewahrt und dann versteigert. Der Verlierer weist sein Eigentum nach. Finder haben Anspruch auf Lohn, bei Werten über zehn Euro.',
  buecherei:
    'Bücherei. Bücher werden für vier Wochen ausgeliehen, Filme für eine. Zweimal darf verlängert werden. Bei Überschreitung fallen 20 Cent je Tag und Medium an. Bis 18 Jahre ist der Ausweis umsonst.',
  freibad:
    'Freibad. Geöffnet von Mai bis September, bei Gewitter geschlossen. Erwachsene zahlen 4,50 Euro, nach 17 Uhr die Hälfte. Kinder unter sieben schwimmen nur in Begleitung.',
  wohngeld:
    'Zuschuss zur Miete. Haushalte mit geringem Einkommen stellen einen Antrag auf Wohngeld. Nachzuweisen sind Verdienst und Mietvertrag. Bewilligt wird für zwölf Monate, frühestens ab dem Monat des Eingangs.',
  mietkuendigung:
    'Beendigung des Mietverhältnisses. Mieter kündigen schriftlich mit drei Monaten zum Monatsende. Die Wohnung wird besenrein übergeben; alle Schlüssel kommen zurück. Ein Protokoll hält Mängel fest.',
  kaution:
    'Sicherheit. Hinterlegt werden drei Kaltmieten in drei Raten. Zurückgezahlt wird spätestens sechs Monate nach dem Auszug, abzüglich offener Forderungen.',
  nebenkosten:
    'Betriebskosten. Abgerechnet wird jährlich bis zum 31. Dezember des Folgejahres. Heizung und Warmwasser werden zu 70 Prozent nach Verbrauch verteilt. Einwände sind binnen zwölf Monaten zu erheben.',
  schimmel:
    'Feuchte Wände. Stoßlüften, dreimal täglich fünf Minuten, beugt vor. Flecken sind der Hausverwaltung zu zeigen, bevor sie überstrichen werden. Bei Baumängeln wird auf unsere Rechnung saniert.',
  heizung:
    'Ausfall der Heizung. Zwischen Oktober und April erreicht man den Notdienst rund um die Uhr unter der Nummer im Hausflur. Thermostate werden zuerst auf fünf gestellt und die Heizkörper entlüftet.',
  haustiere:
    'Tiere in der Wohnung. Kleintiere wie Hamster sind erlaubt. Für Hunde und Katzen ist die Zustimmung des Vermieters einzuholen; sie wird versagt, wenn Nachbarn beeinträchtigt würden.',
  treppenhaus:
    'Hausordnung für Treppen und Flure. Kinderwagen dürfen unter der Treppe stehen, Fahrräder gehören in den Keller. Gereinigt wird im Wechsel der Stockwerke jeden Samstag.',
  untermiete:
    'Weitergabe an Dritte. Wer ein Zimmer untervermieten will, fragt vorher und nennt die Person. Ferienvermietung über Plattformen ist untersagt.',
  balkon:
    'Balkone. Blumenkästen hängen nach innen. Holzkohlegrills sind verboten, elektrische erlaubt. Steckersolargeräte werden angezeigt und von Fachleuten befestigt.',
  gewerbe:
    'Gewerbe. Der Beginn eines Betriebes wird angezeigt; die Bescheinigung kostet 26 Euro. Freie Berufe brauchen keine. Gaststätten benötigen dazu eine Erlaubnis.',
};

/** A question, the documents that answer it, and those that are related to it. */
export const QUESTIONS = `
Wie viel kostet es, zwei Hunde anzumelden? | hundesteuer | haustiere
Ich habe meinen Ausweis verloren, was brauche ich für einen neuen? | personalausweis | fundbuero
Wie schnell bekomme ich einen Pass vor dem Urlaub? | reisepass | personalausweis
Bin umgezogen, bis wann muss ich mich melden? | ummeldung |
Kann man samstags oder freitags in einem Turm heiraten? | eheschliessung |
Wir suchen einen Kindergartenplatz für unsere Tochter | kita |
Mein Sohn wird im August sechs, muss er dieses Jahr in die Schule? | schule |
Wer holt mein altes Sofa ab? | sperrmuell |
Wo bekomme ich neue gelbe Säcke? | gelbesack |
Darf ich kompostierbare Tüten in den Biomüll werfen? | biotonne |
Was kostet das Parken für Anwohner? | parkausweis |
Ich möchte die große Eiche in meinem Garten fällen | baum |
Mein Nachbar mäht am Sonntag den Rasen | laerm |
Brauche ich für eine Garage eine Baugenehmigung? | bauantrag |
Ich bin am Wahltag verreist | wahl |
Jemand hat meinen Schlüsselbund gefunden und abgegeben | fundbuero |
Welche Strafe zahle ich für zu spät zurückgegebene Bücher? | buecherei |
Eintrittspreise im Schwimmbad am Abend | freibad |
Ich verdiene wenig und die Miete ist zu hoch | wohngeld |
Welche Kündigungsfrist hat meine Wohnung? | mietkuendigung |
Wann kommt meine Kaution zurück? | kaution | mietkuendigung
Die Nebenkostenabrechnung ist falsch, wie lange kann ich widersprechen? | nebenkosten |
An der Wand im Bad sind schwarze Flecken | schimmel |
Es ist Januar und die Heizkörper bleiben kalt | heizung |
Dürfen wir uns eine Katze anschaffen? | haustiere |
Wohin mit dem Fahrrad und dem Kinderwagen? | treppenhaus |
Darf ich mein Zimmer im Sommer über eine Plattform vermieten? | untermiete |
Grillen auf dem Balkon | balkon |
Mini-Solaranlage anbringen | balkon | bauantrag
Muss ein Architekt ein Gewerbe anzeigen? | gewerbe | bauantrag
Trauungen | eheschliessung |
Geburtsurkunde kostenlos | geburt | eheschliessung
Autoreifen entsorgen | sperrmuell |
Antrag auf einen Zuschuss | wohngeld |
Finderlohn | fundbuero |
Tageskarten für Besuch | parkausweis |
`;
