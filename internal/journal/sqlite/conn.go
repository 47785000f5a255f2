package sqlite

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/ncruces/go-sqlite3"
)

// openConn opens a connection to the database.
func openConn(path string, setup string) (*sqlite3.Conn, error) {
	name, err := address(path)
	if err != nil {
		return nil, err
	}
	c, err := sqlite3.OpenFlags(name, sqlite3.OPEN_READWRITE|sqlite3.OPEN_CREATE|sqlite3.OPEN_URI)
	if err != nil {
		return nil, err
	}
	// FULL on every connection: the one that copies the log into the database
	// must sync as well as the one that writes the log. Busy is what a
	// connection meets while another one repairs the log after a crash.
	const all = `PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;`
	if err := c.Exec(all + setup); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// prepare makes statements, which closeConn closes.
func prepare(c *sqlite3.Conn, statements map[**sqlite3.Stmt]string) error {
	for into, sql := range statements {
		s, _, err := c.Prepare(sql)
		if err != nil {
			return fmt.Errorf("prepare %s: %w", sql, err)
		}
		*into = s
	}
	return nil
}

// closeConn closes the statements and the connection.
func closeConn(c *sqlite3.Conn) error {
	var errs []error
	for _, s := range slices.Collect(c.Stmts()) { // Close changes what Stmts walks
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.Close())...)
}

// exec runs a statement that returns nothing.
func exec(s *sqlite3.Stmt, args ...any) error {
	if err := bind(s, args); err != nil {
		return err
	}
	return s.Exec()
}

// query runs a statement and calls row for each of its rows, until row returns
// false. Within row the columns of s may be read.
func query(s *sqlite3.Stmt, row func() bool, args ...any) error {
	if err := bind(s, args); err != nil {
		return err
	}
	for s.Step() && row() {
	}
	err := s.Err()
	return cmp.Or(err, s.Reset())
}

// number runs a statement whose answer is one number; 0 if it is NULL.
func number(s *sqlite3.Stmt, args ...any) (n int64, err error) {
	err = query(s, func() bool {
		n = s.ColumnInt64(0)
		return false
	}, args...)
	return n, err
}

func bind(s *sqlite3.Stmt, args []any) error {
	for i, arg := range args {
		var err error
		switch v := arg.(type) {
		case int64:
			err = s.BindInt64(i+1, v)
		case []byte:
			if v == nil {
				v = []byte{} // nil would be NULL
			}
			err = s.BindBlob(i+1, v)
		default:
			panic(fmt.Sprintf("sqlite: argument of type %T", arg))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
