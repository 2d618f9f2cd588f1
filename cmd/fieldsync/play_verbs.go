package main

import script "github.com/fieldsync/fieldsync/story"

// act does what a sentence says, and tells what is seen of it; what the API refuses is an *office.Refusal.
type act func(p *play, s *script.Step) (seen string, err error)

// view looks whether it is so, and tells what is seen.
type view func(p *play, s *script.Step) (seen string, so bool, err error)

// acts is what every form that happens does.
var acts = map[string]act{
	"company": (*play).company, "customer": (*play).customer, "customers": (*play).customers, "job": (*play).job, "own-field": (*play).ownField, "setting": (*play).setting,
	"from": (*play).from, "time": (*play).tellsTime, "pay-zone": (*play).payZone,

	"sign-in": (*play).signsIn, "take-over": (*play).takesOver, "take-up": (*play).takesUp, "sign-out": (*play).signsOut, "race": (*play).races,
	"sync": (*play).syncs, "offline": (*play).goesOffline, "back": (*play).comesBack, "drops": (*play).drops, "breaks": (*play).breaks, "slow": (*play).slows,
	"killed": (*play).killed, "reboot": (*play).reboots, "clock": (*play).setsClock,

	"visit": (*play).visits, "note": (*play).notes, "notes": (*play).manyNotes, "photo": (*play).photographs, "photos": (*play).manyPhotos, "signature": (*play).signs, "minutes": (*play).entersMinutes,
	"shift": (*play).shifts, "tick": (*play).ticks, "take-parts": (*play).takesParts, "put-parts": (*play).putsParts, "count-parts": (*play).countsParts, "change": (*play).changes, "write-down": (*play).writesJob, "make-job": (*play).makesJob, "assign": (*play).assigns,

	"move": (*play).moves, "give": (*play).gives, "withdraw": (*play).withdraws, "rule": (*play).rules, "task": (*play).addsTask, "access": (*play).notesAccess, "link": (*play).links,
	"delete": (*play).deletes, "adopt": (*play).adopts, "merge": (*play).merges, "agree": (*play).agrees, "held": (*play).decides, "correct": (*play).corrects, "right": (*play).setsRight, "rights": (*play).setsRights,
	"password": (*play).givesPassword, "end": (*play).endsSession, "mark": (*play).marksPhone,
	"remove": (*play).removes, "replace": (*play).replaces, "approve-hours": (*play).approvesHours, "export-pay": (*play).exportsPay,
}

// views is where every form that is expected is looked at.
var views = map[string]view{
	"office-note": (*play).officeNote, "office-late": (*play).officeLate, "office-count": (*play).officeCount, "office-field": (*play).officeField, "office-empty": (*play).officeEmpty,
	"office-flag": (*play).officeFlag, "office-assigned": (*play).officeAssigned, "office-visit": (*play).officeVisit,
	"office-began":   (*play).officeBegan,
	"office-entered": (*play).officeEntered, "office-time": (*play).officeTime, "office-clock": (*play).officeClock, "office-told": (*play).officeTold,
	"office-clocked": (*play).officeClocked, "office-showed": (*play).officeShowed, "office-paid": (*play).officePaid,
	"parts": (*play).partsLeft, "shortage": (*play).shortage, "moved-parts": (*play).partsTaken,
	"review": (*play).toReview, "no-review": (*play).nothingToReview, "loser": (*play).loser, "holds": (*play).holds,
	"signed-in": (*play).signedIn, "signed-out": (*play).signedOut, "same-session": (*play).sameSession, "device": (*play).deviceIs, "signed-in-once": (*play).signedInOnce, "raced": (*play).raced,
	"file-pays": (*play).filePays, "file-same": (*play).fileIsSame,
	"rights-are": (*play).rightsAre, "right-is": (*play).rightIs, "warned": (*play).warned, "refused": (*play).wasRefused,

	"shows": (*play).shows, "hides": (*play).hides, "shows-field": (*play).showsField, "shows-address": (*play).showsAddress,
	"shows-words": (*play).showsWords, "shows-task": (*play).showsTask, "shows-count": (*play).showsCount,
	"shows-note": (*play).showsNote, "hides-note": (*play).hidesNote, "same": (*play).showsTheSame,
	"unsent": (*play).hasUnsent, "waiting": (*play).hasWaiting, "outcome": (*play).outcomeIs, "state": (*play).stateIs, "told": (*play).isTold, "news": (*play).tellsNews,
	"asked": (*play).isAsked, "not-let-in": (*play).notLetIn, "finds": (*play).finds, "sent-nothing": (*play).sentNothing, "sent-records": (*play).sentRecords,
	"sent-purge": (*play).purgedFirst, "clean": (*play).sentNothingOf, "alike": (*play).answeredAlike,

	"portal-shows": (*play).portalShows, "portal-hides": (*play).portalHides, "portal-count": (*play).portalCount, "portal-field": (*play).portalField,
	"portal-clean": (*play).portalClean,
}
