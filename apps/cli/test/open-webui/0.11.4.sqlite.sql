-- Tables of Open WebUI 0.11.4 as its models declare them.
CREATE TABLE auth (
  id VARCHAR NOT NULL,
  email VARCHAR,
  password TEXT,
  active BOOLEAN,
  PRIMARY KEY (id),
  UNIQUE (id)
);
CREATE TABLE chat (
  id VARCHAR NOT NULL,
  user_id VARCHAR,
  title TEXT,
  chat JSON,
  created_at BIGINT,
  updated_at BIGINT,
  share_id TEXT,
  archived BOOLEAN,
  pinned BOOLEAN,
  meta JSON DEFAULT '{}',
  variables JSON,
  folder_id TEXT,
  tasks JSON,
  summary TEXT,
  current_message_id TEXT,
  last_read_at BIGINT,
  timer_at BIGINT,
  PRIMARY KEY (id),
  UNIQUE (id),
  UNIQUE (share_id)
);
CREATE TABLE config (
  "key" TEXT NOT NULL,
  value JSON NOT NULL,
  updated_at BIGINT,
  PRIMARY KEY ("key")
);
CREATE TABLE file (
  id VARCHAR NOT NULL,
  user_id VARCHAR,
  hash TEXT,
  filename TEXT,
  path TEXT,
  data JSON,
  meta JSON,
  created_at BIGINT,
  updated_at BIGINT,
  PRIMARY KEY (id),
  UNIQUE (id)
);
CREATE TABLE knowledge (
  id TEXT NOT NULL,
  user_id TEXT,
  name TEXT,
  description TEXT,
  meta JSON,
  created_at BIGINT,
  updated_at BIGINT,
  PRIMARY KEY (id),
  UNIQUE (id)
);
CREATE TABLE user (
  id VARCHAR NOT NULL,
  email VARCHAR,
  username VARCHAR(50),
  role VARCHAR,
  name VARCHAR NOT NULL,
  profile_image_url TEXT,
  profile_banner_image_url TEXT,
  bio TEXT,
  gender TEXT,
  date_of_birth DATE,
  timezone VARCHAR,
  presence_state VARCHAR,
  status_emoji VARCHAR,
  status_message TEXT,
  status_expires_at BIGINT,
  info JSON,
  variables JSON,
  settings JSON,
  oauth JSON,
  scim JSON,
  last_active_at BIGINT,
  updated_at BIGINT,
  created_at BIGINT,
  PRIMARY KEY (id),
  UNIQUE (id),
  UNIQUE (email)
);
CREATE TABLE chat_file (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  message_id TEXT,
  file_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT uq_chat_file_chat_file UNIQUE (chat_id, file_id),
  UNIQUE (id),
  FOREIGN KEY(chat_id) REFERENCES chat (id) ON DELETE CASCADE,
  FOREIGN KEY(file_id) REFERENCES file (id) ON DELETE CASCADE
);
CREATE TABLE chat_message (
  id TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  user_id TEXT,
  role TEXT NOT NULL,
  parent_id TEXT,
  content JSON,
  output JSON,
  model_id TEXT,
  files JSON,
  sources JSON,
  embeds JSON,
  meta JSON,
  done BOOLEAN,
  status_history JSON,
  error JSON,
  usage JSON,
  context_summary TEXT,
  created_at BIGINT,
  updated_at BIGINT,
  PRIMARY KEY (id),
  FOREIGN KEY(chat_id) REFERENCES chat (id) ON DELETE CASCADE
);
CREATE TABLE knowledge_directory (
  id TEXT NOT NULL,
  knowledge_id TEXT NOT NULL,
  parent_id TEXT,
  name TEXT NOT NULL,
  user_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT uq_knowledge_directory_knowledge_parent_name UNIQUE (knowledge_id, parent_id, name),
  UNIQUE (id),
  FOREIGN KEY(knowledge_id) REFERENCES knowledge (id) ON DELETE CASCADE,
  FOREIGN KEY(parent_id) REFERENCES knowledge_directory (id) ON DELETE CASCADE
);
CREATE TABLE knowledge_file (
  id TEXT NOT NULL,
  knowledge_id TEXT NOT NULL,
  file_id TEXT NOT NULL,
  directory_id TEXT,
  user_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT uq_knowledge_file_knowledge_file UNIQUE (knowledge_id, file_id),
  UNIQUE (id),
  FOREIGN KEY(knowledge_id) REFERENCES knowledge (id) ON DELETE CASCADE,
  FOREIGN KEY(file_id) REFERENCES file (id) ON DELETE CASCADE,
  FOREIGN KEY(directory_id) REFERENCES knowledge_directory (id) ON DELETE SET NULL
);
