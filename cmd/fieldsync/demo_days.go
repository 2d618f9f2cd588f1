package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// The company's files say days as they are seen from the day that the demonstration is made. In their text
//
//	{day-7}     is a day, as 2026-11-19: so many days before ({day+7}: after) the day it is
//	{now-20m}   is a point in time, as 2026-11-26 08:40: so many minutes ago
//
// and is replaced before anything reads the file. So an import knows nothing of it.
var placeholder = regexp.MustCompile(`\{(?:day([+-]\d+)|now-(\d+)m)\}`)

// fillDays replaces the days in a file's text.
func fillDays(text []byte, now time.Time) []byte {
	return placeholder.ReplaceAllFunc(text, func(found []byte) []byte {
		parts := placeholder.FindSubmatch(found)
		if days, err := strconv.Atoi(string(parts[1])); err == nil {
			y, m, d := now.Date()
			return time.Date(y, m, d+days, 0, 0, 0, 0, now.Location()).AppendFormat(nil, time.DateOnly)
		}
		minutes, _ := strconv.Atoi(string(parts[2])) // digits: the pattern says so
		return now.Add(-time.Duration(minutes)*time.Minute).AppendFormat(nil, dayAndTime)
	})
}

// dayAndTime is how the company's files say a point in time, local where the demonstration runs.
const dayAndTime = "2006-01-02 15:04"

// companyFile is one of the company's files with its days filled in.
func companyFile(name string, now time.Time) ([]byte, error) {
	raw, err := companyFiles.ReadFile("company/" + name + ".csv")
	if err != nil {
		return nil, err
	}
	return fillDays(raw, now), nil
}

// companyRows reads a file that no import reads: by column, one map a row.
func companyRows(name string, now time.Time) (rows []map[string]string, err error) {
	raw, err := companyFile(name, now)
	if err != nil {
		return nil, err
	}
	lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil || len(lines) == 0 {
		return nil, fmt.Errorf("read company/%s.csv: %w", name, err)
	}
	for _, cells := range lines[1:] {
		row := map[string]string{}
		for i, column := range lines[0] {
			row[column] = cells[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}
