/** Notes of an operations team: files, settings, codes, versions and addresses that differ in one character, and the prose around them. */
export const DOCUMENTS: Readonly<Record<string, string>> = {
  'err-4011': 'ERR_TLS_4011: the certificate of the peer has expired. Renew it with the issuer and restart the proxy.',
  'err-4012': 'ERR_TLS_4012: the certificate of the peer is not yet valid. Check the clock of this host.',
  'err-4021': 'ERR_TLS_4021: the peer offers no common cipher. Allow TLS 1.2 in the proxy.',
  'err-5107': 'ERR_DB_5107: the pool of connections is exhausted. Raise its size or find the query that holds them.',
  'err-5170': 'ERR_DB_5170: a deadlock was detected. The transaction is repeated; no action is due.',
  'cve-31337':
    'CVE-2025-31337 concerns the image decoder. Versions before 3.4.2 are affected. Updated on all hosts on 4 May.',
  'cve-31373':
    'CVE-2025-31373 concerns the archive reader. Versions before 2.9.0 are affected. A workaround is in place.',
  'release-342': 'Release 3.4.2 repairs the image decoder and raises the limit of uploads.',
  'release-324': 'Release 3.2.4 repairs the export of calendars. It cannot be skipped: it moves the tables of events.',
  'release-430': 'Release 4.3.0 brings the new search and drops Node 18.',
  'key-pool':
    'Setting database.pool.max_size: how many connections a process opens. Default 20. Takes effect after a restart.',
  'key-idle': 'Setting database.pool.idle_timeout: after how many seconds a connection is closed. Default 30.',
  'key-upload': 'Setting http.upload.max_size: the largest accepted body, in bytes. Default 1073741824.',
  'key-retry': 'Setting http.client.retry_count: how often a failed request is repeated. Default 3.',
  'env-cache': 'CACHE_TTL_SECONDS: how long answers are kept. 0 switches the cache off.',
  'env-cache-size': 'CACHE_MAX_ENTRIES: how many answers are kept. The oldest are dropped.',
  'file-nginx': 'The file /etc/nginx/conf.d/upload.conf holds the limits of bodies. Changed by deploy/upload.yml only.',
  'file-limits': 'The file /etc/security/limits.conf holds the number of open files. A login is needed after a change.',
  'file-backup': 'The script backup-nightly.sh copies the volumes at two. Its log is backup-nightly.log.',
  'file-restore': 'The script restore-volume.sh brings one volume back. It asks before it writes.',
  'file-report': 'The sheet Q3_report_final_v2.xlsx has the figures for the board. The draft is Q3_report_v1.xlsx.',
  'host-db1': 'Host db-prod-01.example.net, 10.20.30.41: the primary of the database. Reboots need two people.',
  'host-db2': 'Host db-prod-02.example.net, 10.20.30.42: the standby of the database. May be rebooted at night.',
  'host-db3': 'Host db-test-01.example.net, 10.20.40.41: the database of the testers. Wiped on Sundays.',
  'mail-ops': 'Write to ops-oncall@example.net for outages. The rota is in the calendar.',
  'mail-sec': 'Write to security@example.net about weaknesses. A reply comes within a day.',
  'func-parse': 'parseInvoiceDate() takes day.month.year and throws on two-digit years.',
  'func-format': 'formatInvoiceDate() writes the date as ISO 8601; the locale is ignored.',
  'func-total': 'computeInvoiceTotal(): rounds each line first, then adds up, as the tax office wants.',
  'ticket-1188': 'OPS-1188: the proxy loses its connections at midnight. Cause: rotation of logs. Closed.',
  'ticket-1818': 'OPS-1818: the standby lags by minutes. Cause: a slow disk. Open, with the vendor.',
  'ticket-sec-118': 'SEC-118: tokens were written to a log. Rotated, closed.',
  'serial-a': 'Rack 2, unit 14: serial SN7H-22K9-QX. Warranty until March 2028.',
  'serial-b': 'Rack 2, unit 16: serial SN7H-22K6-QX. Warranty until July 2027.',
  'iban-a': 'The account of the landlord is DE89 3704 0044 0532 0130 00. The rent is due on the third.',
  'iban-b': 'The account of the supplier is DE75 5121 0800 1245 1261 99. Pay within 14 days.',
  'norm-a': 'Cables follow EN 50173-1; outlets are labelled by room and number.',
  'norm-b': 'Racks are earthed as EN 50310 asks. The inspector comes each spring.',
};

/** A question, the documents that answer it, and those that are related to it. */
export const QUESTIONS = `
ERR_TLS_4012 | err-4012 |
What does error 5107 mean? | err-5107 |
err-tls-4021 | err-4021 |
CVE-2025-31373 | cve-31373 |
Are we affected by cve 2025 31337? | cve-31337 | release-342
What is new in 3.4.2? | release-342 | cve-31337
Can I skip version 3.2.4? | release-324 |
v4.3.0 | release-430 |
database.pool.idle_timeout | key-idle | key-pool
default of idle_timeout | key-idle |
max_size of the pool | key-pool | key-upload
http.upload.max_size | key-upload | key-pool
retryCount | key-retry |
CACHE_MAX_ENTRIES | env-cache-size |
How do I set cache ttl seconds? | env-cache |
upload.conf | file-nginx |
/etc/security/limits.conf | file-limits |
Who changes deploy/upload.yml? | file-nginx |
backup-nightly.log | file-backup |
restore-volume | file-restore |
Q3_report_final_v2.xlsx | file-report |
Q3 report | file-report |
db-prod-02 | host-db2 | host-db1
10.20.40.41 | host-db3 |
May I reboot db-prod-01.example.net? | host-db1 | host-db2
ops-oncall@example.net | mail-ops |
Whom do I tell about a security hole? | mail-sec |
parseInvoiceDate | func-parse | func-format
Which function rounds the lines of an invoice? | func-total |
OPS-1818 | ticket-1818 |
SEC-118 | ticket-sec-118 |
ops 1188 status | ticket-1188 |
SN7H-22K6-QX | serial-b |
How long is the warranty of SN7H22K9QX? | serial-a |
DE75512108001245126199 | iban-b |
DE89 3704 0044 0532 0130 00 | iban-a |
EN 50173-1 | norm-a |
EN50310 | norm-b |
The standby is behind | ticket-1818 | host-db2
too many open files | file-limits |
`;
