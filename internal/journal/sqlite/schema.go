package sqlite

import (
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"github.com/musterhq/muster/internal/journal"
)

const (
	application = 0x6d757374 // "must", in the database's application_id
	format      = 1          // in its user_version; raise it with every change of the schema
)

// schema is what a new database holds.
//
// Records get growing ids, so that they are appended and trimmed in runs.
// Keys and references are looked up by 64 bits of their hash, which keeps the
// two large indexes to some 20 bytes an entry; who looks up compares the text.
const schema = `
CREATE TABLE block (seq INTEGER PRIMARY KEY, data BLOB NOT NULL);

CREATE TABLE record (
	id      INTEGER PRIMARY KEY,
	hash    INTEGER NOT NULL,  -- of key
	key     BLOB    NOT NULL,
	refs    BLOB    NOT NULL,
	place   INTEGER NOT NULL,  -- Record.Order
	expires INTEGER NOT NULL,
	data    BLOB    NOT NULL
);
CREATE INDEX record_hash ON record (hash);
CREATE INDEX record_expires ON record (expires) WHERE expires <> 0;

CREATE TABLE listed (
	ref    INTEGER NOT NULL,  -- hash of the reference
	place  INTEGER NOT NULL,
	record INTEGER NOT NULL,
	PRIMARY KEY (ref, place, record)
) WITHOUT ROWID;
`

// adopt sees to it that the database is one of ours, making it so if it is new.
func adopt(c *sqlite3.Conn) error {
	app, err := pragma(c, "application_id")
	if err != nil {
		return err
	}
	version, err := pragma(c, "user_version")
	if err != nil {
		return err
	}
	tables, err := pragma(c, "schema_version") // 0 as long as nothing was made
	switch {
	case err != nil:
		return err
	case app == 0 && version == 0 && tables == 0:
		return create(c)
	case app != application:
		return errors.New("muster.db is a database of another program: choose another folder")
	case version > format:
		return fmt.Errorf("%w: format %d, this one reads up to %d; start the muster that wrote it, or a newer one",
			journal.ErrVersion, version, format)
	}
	return nil
}

func create(c *sqlite3.Conn) error {
	return c.Exec(fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT;",
		schema, application, format))
}

func pragma(c *sqlite3.Conn, name string) (int64, error) {
	s, _, err := c.Prepare("PRAGMA " + name)
	if err != nil {
		return 0, err
	}
	n, err := number(s)
	return n, errors.Join(err, s.Close())
}
